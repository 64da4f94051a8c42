// The exit code of a failed sweep.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

func fatalExit() -> Never { exit(1) }
