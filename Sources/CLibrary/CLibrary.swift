// The shared library: what is exported is the C interface, and no Swift.
internal import CInterface
