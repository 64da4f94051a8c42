# Snapshot file
# Unset all aliases to avoid conflicts with functions
unalias -a 2>/dev/null || true
# Functions
mkcd () {
    mkdir -p "$1" && cd "$1"
}
# Shell Options
shopt -s checkwinsize
shopt -s histappend
# Aliases
alias -- gs='git status --short'
alias -- ll='ls -la'
# Check for rg availability
if ! command -v rg >/dev/null 2>&1; then
  alias rg='/home/sam/.local/bin/client --ripgrep'
fi
export PATH=/home/sam/.local/bin:/usr/local/bin:/usr/bin:/bin
