import Foundation

/// An IPv4 or IPv6 address (RFC 4291 section 2.2), without a zone.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 octets, in network order.
    let octets: [UInt8]

    init?(_ text: some StringProtocol) {
        let text = String(text)
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &octets) == 1 {
            self.octets = Array(octets.prefix(4))
        } else if inet_pton(AF_INET6, text, &octets) == 1 {
            self.octets = octets
        } else {
            return nil
        }
    }

    init(octets: [UInt8]) {
        self.octets = octets
    }

    var isIPv6: Bool { octets.count == 16 }

    var isLoopback: Bool {
        isIPv6 ? octets.dropLast().allSatisfy { $0 == 0 } && octets[15] == 1 : octets[0] == 127
    }

    /// `0.0.0.0` or `::`, that is, all addresses of the machine.
    var isAny: Bool { octets.allSatisfy { $0 == 0 } }

    /// In canonical form (RFC 5952).
    var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(isIPv6 ? AF_INET6 : AF_INET, octets, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
