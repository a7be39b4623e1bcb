// Preloaded into a relay by the system tests: moves the system's clock for that process alone, while it runs. The clocks
// that nobody can set are left alone.

// Variable with the path of a file of eight octets: by how many milliseconds, in the machine's byte order.
#define CLOCK_SHIM_FILE "CLOCK_SHIM_FILE"
