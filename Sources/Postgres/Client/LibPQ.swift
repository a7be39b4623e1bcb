package import CLibPQ
internal import Glibc
internal import Synchronization

/// libpq, loaded when the first connection is wanted. It stays loaded.
package struct LibPQ: @unchecked Sendable {
    // Safety: pointers to functions, which are written once. libpq is thread-safe as long as each connection is used by one
    // thread at a time.

    package let functions: PosthorsePQ

    private static let loaded = Mutex<LibPQ?>(nil)

    /// - Throws: ``PostgresError`` `library` if it is not installed, or is older than version 14.
    package static func load(_ name: String = "libpq.so.5") throws(PostgresError) -> LibPQ {
        let result: Result<LibPQ, PostgresError> = loaded.withLock { loaded in
            if let loaded { return .success(loaded) }
            do throws(PostgresError) {
                let library = try open(name)
                loaded = library
                return .success(library)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func open(_ name: String) throws(PostgresError) -> LibPQ {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "it is not there"
            throw PostgresError(
                .library, "cannot load \(name), which [cluster] needs (Debian: apt-get install libpq5): \(reason)")
        }
        var functions = PosthorsePQ()
        if let missing = posthorse_pq_fill(library, &functions) {
            throw PostgresError(
                .library, "\(name) is too old: it has no \(String(cString: missing)), which came with PostgreSQL 14")
        }
        return LibPQ(functions: functions)
    }
}
