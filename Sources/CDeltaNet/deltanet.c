// A module for Swift takes a source file; what the header declares is implemented in CInterface.
