import Foundation
import Glibc
import NIOCore

/// A client on a blocking socket, which sends whatever a scenario wants.
final class SMTPConnection {
    /// The connection has ended, or nothing was received in time.
    struct Ended: Error {
        let reason: String
        /// Whether the connection is still there, only silent.
        var isSilence = false
    }

    private let descriptor: CInt
    private var input: [UInt8] = []
    private var isOpen = true

    /// - Parameters:
    ///   - limit: maximum wait for a reply or for room to send.
    ///   - room: octets that the system keeps for it unread; nil for its default.
    init(
        port: UInt16, host: String = "127.0.0.1", within limit: Duration = .seconds(30), receiving room: CInt? = nil
    ) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ScenarioError("no socket: \(String(cString: strerror(errno)))") }
        let (seconds, attoseconds) = limit.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        if var room { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<CInt>.size)) }
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        let result = try SocketAddress(ipAddress: host, port: Int(port)).withSockAddr { address, size in
            Glibc.connect(descriptor, address, socklen_t(size))
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            isOpen = false
            throw Ended(reason: "connect: \(reason)")
        }
    }

    deinit {
        close()
    }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        // `linger`: on, with zero seconds.
        let linger: [CInt] = [1, 0]
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func send(_ bytes: some Sequence<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.send(descriptor, raw.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Ended(reason: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    func send(_ text: String) throws {
        try send(text.utf8)
    }

    /// The next line from the server, without its end.
    func readLine() throws -> String {
        while true {
            if let end = input.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: input[..<end].filter { $0 != 13 }, as: UTF8.self)
                input.removeFirst(end + 1)
                return line
            }
            try fill()
        }
    }

    /// The last line of the next reply.
    func reply() throws -> String {
        while true {
            let line = try readLine()
            if line.dropFirst(3).first != "-" { return line }
        }
    }

    /// Sends a command and reads its reply.
    @discardableResult
    func ask(_ command: String) throws -> String {
        try send(command + "\r\n")
        return try reply()
    }

    /// Everything received until the server closes.
    func readToEnd() throws -> String {
        do {
            while true { try fill() }
        } catch let ended as Ended where ended.reason == "closed" {
            return String(decoding: input, as: UTF8.self)
        }
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Ended(reason: "receive: \(String(cString: strerror(errno)))", isSilence: errno == EAGAIN)
            }
            guard count > 0 else { throw Ended(reason: "closed") }
            input += buffer[..<count]
            return
        }
    }

    /// Whether the server has replied or closed, within the connection's limit.
    func hasNews() throws -> Bool {
        do {
            try fill()
        } catch let ended as Ended {
            return !ended.isSilence
        }
        return true
    }

    /// Sends one mail on a greeted connection; returns the reply to the final dot, or to the refused command.
    func deliver(_ mail: TestMail) throws -> String {
        try send(mail.envelope)
        let replies = [try reply(), try reply(), try reply()]
        guard replies[2].hasPrefix("354 ") else { return replies.first { !$0.hasPrefix("250 ") } ?? replies[2] }
        try send(mail.wire)
        return try reply()
    }

    /// Reads the banner and sends EHLO.
    func greet() throws {
        let banner = try reply()
        guard banner.hasPrefix("220 ") else { throw ScenarioError("banner: \(banner)") }
        let greeting = try ask("EHLO client.example")
        guard greeting.hasPrefix("250 ") else { throw ScenarioError("EHLO: \(greeting)") }
    }
}
