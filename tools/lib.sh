# Shared by tools/start and tools/test.

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n== %s (%s)\n' "$*" "$(date +%H:%M:%S)" >&2; }

# Packages that are needed and not there yet.
missing_packages() {
  case "$(uname -s)" in
    Linux)
      command -v dpkg-query >/dev/null 2>&1 || return 0
      for package in liblz4-dev zlib1g-dev libsimdjson-dev libcurl4-openssl-dev curl pkg-config python3; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
          { [ "$package" = curl ] && command -v curl >/dev/null 2>&1; } ||
          { [ "$package" = python3 ] && command -v python3 >/dev/null 2>&1; } ||
          { [ "$package" = pkg-config ] && command -v pkg-config >/dev/null 2>&1; } ||
          printf '%s ' "$package"
      done
      ;;
    Darwin)
      for package in lz4 simdjson; do
        brew list "$package" >/dev/null 2>&1 || printf '%s ' "$package"
      done
      ;;
  esac
}

# install_packages [--yes]: shows what it would install and asks.
install_packages() {
  if ! command -v swift >/dev/null 2>&1; then
    say "No Swift toolchain found. Install Swift 6.3 from https://swift.org/install and run this again."
    exit 6
  fi
  packages=$(missing_packages)
  [ -n "$packages" ] || return 0
  case "$(uname -s)" in
    Darwin) command="brew install $packages" ;;
    *) command="apt-get install -y $packages" ;;
  esac
  [ "$(uname -s)" = Darwin ] || [ "$(id -u)" = 0 ] || command="sudo $command"
  say "Missing system packages: $packages"
  say "To install: $command"
  if [ "${1:-}" != --yes ]; then
    if [ ! -t 0 ]; then
      say "Run it, or start this again with --yes."
      exit 6
    fi
    printf 'Install them now? [y/N] ' >&2
    read -r answer
    case "$answer" in y | Y | yes) ;; *) exit 6 ;; esac
  fi
  if [ "$(uname -s)" = Linux ]; then
    update=apt-get; [ "$(id -u)" = 0 ] || update="sudo apt-get"
    $update update -qq || true
  fi
  $command
}
