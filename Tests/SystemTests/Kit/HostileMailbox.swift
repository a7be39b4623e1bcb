import Foundation
import Glibc

/// A mail server that means harm. It lives in the tests, so that what it holds is not the relay's memory.
final class HostileMailbox: Sendable {
    enum Harm: String, CaseIterable, Sendable {
        /// A greeting that never ends.
        case endlessLine
        /// Lines of noise without an end, where an answer is due.
        case endlessLines
        /// A literal of 4 GiB, which begins to come.
        case hugeLiteral
        /// Four billion messages, and their numbers without an end.
        case lies
    }

    let address: String
    /// Connections so far.
    let visits = Watched(0)
    private let listener: Int32

    init(_ harm: Harm) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        listener = descriptor
        var place = sockaddr_in()
        (place.sin_family, place.sin_addr.s_addr) = (sa_family_t(AF_INET), UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw ScenarioError("no hostile server: \(String(cString: strerror(errno)))") }
        address = "127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        let visits = visits
        Thread.detachNewThread {
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                visits.change { $0 += 1 }
                Thread.detachNewThread { Peer(connection, harm).run() }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A connection, served until the client closes it.
    private struct Peer {
        let connection: Int32
        let harm: Harm

        init(_ connection: Int32, _ harm: Harm) {
            (self.connection, self.harm) = (connection, harm)
        }

        func run() {
            defer { Glibc.close(connection) }
            if harm == .endlessLine { return flood("A") }
            guard send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n") else { return }
            while let line = readLine() {
                let words = line.split(separator: " ")
                guard words.count > 1, answer(String(words[0]), words[1].uppercased()) else { return }
            }
        }

        /// - Returns: whether the session goes on.
        private func answer(_ tag: String, _ command: String) -> Bool {
            switch (harm, command) {
            case (_, "AUTHENTICATE"), (_, "LOGIN"): return send("\(tag) OK in\r\n")
            case (_, "CAPABILITY"): return send("* CAPABILITY IMAP4rev1\r\n\(tag) OK .\r\n")
            case (.endlessLines, _): flood("* OK \(String(repeating: "noise ", count: 100))\r\n")
            case (.hugeLiteral, _):
                guard send("* LIST () \"/\" {4294967296}\r\n") else { return false }
                flood("A")
            case (.lies, "LIST"): return send("* LIST () \"/\" INBOX\r\n\(tag) OK .\r\n")
            case (.lies, "EXAMINE"), (.lies, "SELECT"):
                let words = "* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 4294967295] .\r\n"
                return send("\(words)\(tag) OK .\r\n")
            case (.lies, _), (.endlessLine, _):
                let numbers = String(repeating: "4294967295 ", count: 1000)
                flood("* SEARCH \(numbers)1\r\n* 1 EXISTS\r\n* 7 FETCH (UID 7)\r\n")
            }
            return false
        }

        /// Without an end, but for the client's.
        private func flood(_ text: String) {
            let block = String(repeating: text, count: max(1, 65_536 / text.utf8.count))
            while send(block) {}
        }

        private func send(_ text: String) -> Bool {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        private func readLine() -> String? {
            var line: [UInt8] = []
            var octet: UInt8 = 0
            while recv(connection, &octet, 1, 0) == 1 {
                if octet == UInt8(ascii: "\n") { return String(decoding: line.filter { $0 != 13 }, as: UTF8.self) }
                line.append(octet)
            }
            return nil
        }
    }
}
