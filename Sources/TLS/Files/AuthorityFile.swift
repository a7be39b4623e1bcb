internal import COpenSSL
internal import Glibc

/// Whether the authorities in a PEM file are valid now (RFC 5280 section 6.1.3).
package enum AuthorityFile {
    /// In seconds since 1970.
    package enum State: Hashable, Sendable {
        /// At least one certificate is valid.
        case usable
        /// The last certificate was valid until then.
        case expired(Int)
        /// The first certificate is valid from then on.
        case notYetValid(Int)
    }

    /// Reads the file.
    ///
    /// - Parameter now: seconds since 1970.
    package static func state(of path: String, now: Int = time(nil)) throws(TLSError) -> State {
        let periods = try PEMFile(path: path).certificates().map(\.validity)
        if periods.contains(where: { $0.contains(now) }) { return .usable }
        if let end = periods.map(\.upperBound).filter({ $0 < now }).max() { return .expired(end) }
        return .notYetValid(periods.map(\.lowerBound).min() ?? now)
    }
}

extension Certificate {
    /// From `notBefore` to `notAfter`, in seconds since 1970.
    var validity: ClosedRange<Int> {
        let start = Self.seconds(X509_get0_notBefore(pointer))
        return start...max(start, Self.seconds(X509_get0_notAfter(pointer)))
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return timegm(&parts)
    }
}
