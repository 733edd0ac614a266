import Glibc

/// What the C library says about its last call that failed.
func systemErrorMessage() -> String {
  String(cString: strerror(errno))
}
