internal import CLibPQ
internal import Glibc

/// libpq, loaded when the first connection is made: a relay without a cluster does without it.
///
/// Safety of `@unchecked Sendable`: nothing changes after `init`, and libpq's functions may be called by any thread.
package final class LibPQ: @unchecked Sendable {
    let functions: PosthorsePQ

    private static let shared = Result<LibPQ, PostgresError> { () throws(PostgresError) in
        try LibPQ("libpq.so.5")
    }

    /// - Throws: ``PostgresError/Code/library``
    package static func load() throws(PostgresError) -> LibPQ { try shared.get() }

    /// - Parameter name: a file, or a name that the system's loader finds.
    init(_ name: String) throws(PostgresError) {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown error"
            throw PostgresError(
                .library, "cannot load libpq, which [cluster] needs (Debian's package is libpq5): \(reason)")
        }
        var functions = PosthorsePQ()
        if let missing = posthorse_pq_fill(library, &functions) {
            dlclose(library)
            throw PostgresError(.library, "\(name) lacks \(String(cString: missing)): libpq 14 or later is needed")
        }
        self.functions = functions
    }

    /// 150018 for 15.18.
    package var version: Int { Int(functions.libVersion()) }
}
