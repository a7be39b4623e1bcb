// Preloaded into a relay by the system tests: names of theirs have the addresses of a file, for that process alone. All
// other names are left to the system.

// Variable with the path of a file like /etc/hosts: an address and a name in each line. It is read at each lookup.
#define HOST_SHIM_FILE "HOST_SHIM_FILE"
