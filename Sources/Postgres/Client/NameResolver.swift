internal import Glibc
internal import Spool

/// Looks up the addresses of a name, for as long as somebody wants to wait.
struct NameResolver: Sendable {
    enum Answer: Equatable, Sendable {
        /// Not empty.
        case found([String])
        case failed(String)
        case late
    }

    /// Looks up a name, however long that takes.
    let lookUp: @Sendable (String) -> Answer

    static let system = NameResolver { name in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { return .failed(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let current = entry?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                current.ai_addr, current.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if result == 0 { addresses.append(text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }) }
            entry = current.ai_next
        }
        return addresses.isEmpty ? .failed("the name has no address") : .found(addresses)
    }

    /// The look-up goes on without the caller once the time is over.
    func addresses(of name: String, until deadline: ContinuousClock.Instant) -> Answer {
        let answer = Awaited<Answer>()
        _ = SpoolThread("resolver") { answer.fulfil(lookUp(name)) }
        return answer.wait(until: deadline) ?? .late
    }
}
