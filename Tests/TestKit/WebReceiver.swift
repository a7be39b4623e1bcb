import Foundation
import Glibc
internal import Synchronization

/// A small HTTP server on a thread of its own: it writes down what it gets and answers as told. For receivers of webhooks
/// and the like, with faults; one connection at a time, one request each.
package final class WebReceiver: Sendable {
    package enum Answer: Hashable, Sendable {
        /// A status, further fields of the head, and a body.
        case status(Int, fields: [String] = [], body: String = "")
        /// The connection ends without an answer.
        case hangUp
        /// No answer, until the client has had enough.
        case silence
    }

    package struct Request: Hashable, Sendable {
        package let path: String
        /// Names in lower case.
        package let fields: [String: String]
        package let body: String
    }

    private struct State {
        var requests: [Request] = []
        var answers: [Answer]
        var isClosed = false
    }

    package let port: Int
    private let listener: Int32
    private let state: Mutex<State>

    /// - Parameter answers: in their order; the last one is repeated.
    package init(_ answers: Answer...) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        (address.sin_family, address.sin_addr.s_addr) = (sa_family_t(AF_INET), UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, place, &length) == 0
            }
        }
        self.listener = listener
        guard bound else { throw Child.Problem(description: "no receiver: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
        state = Mutex(State(answers: answers.isEmpty ? [.status(200)] : answers))
        Thread { [weak self, listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self, !self.isClosed else {
                    if connection >= 0 { Glibc.close(connection) }
                    return
                }
                self.serve(connection)
                Glibc.close(connection)
            }
        }.start()
    }

    deinit { close() }

    package var url: String { "http://127.0.0.1:\(port)/alerts" }
    package var requests: [Request] { state.withLock { $0.requests } }
    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes no more connections.
    package func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        // Wakes the thread that accepts.
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    /// Waits until there are so many requests that satisfy a condition.
    package func wait(
        for count: Int, within limit: Duration = .seconds(30), where matches: (Request) -> Bool = { _ in true }
    ) throws -> [Request] {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let found = requests.filter(matches)
            if found.count >= count { return found }
            usleep(20_000)
        }
        throw Child.Problem(description: "\(requests.count) requests, not \(count): \(requests.map(\.body))")
    }

    // MARK: One connection

    private func serve(_ connection: Int32) {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let request = read(connection) else { return }
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        switch answer {
        case .status(let status, let fields, let body):
            let head = ["HTTP/1.1 \(status) Told", "Content-Length: \(body.utf8.count)", "Connection: close"] + fields
            let text = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
            _ = text.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        case .hangUp: break
        case .silence:
            var octet: UInt8 = 0
            while recv(connection, &octet, 1, 0) > 0 {}
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            octets += buffer[..<count]
            if let request = Self.parse(String(decoding: octets, as: UTF8.self)) { return request }
        }
    }

    /// nil while something is missing.
    private static func parse(_ text: String) -> Request? {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let pairs = lines.dropFirst().map { line -> (String, String) in
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return (parts[0].lowercased(), parts.count > 1 ? parts[1] : "")
        }
        let fields = Dictionary(pairs) { first, _ in first }
        let body = String(text[end.upperBound...])
        guard body.utf8.count >= Int(fields["content-length"] ?? "0") ?? 0 else { return nil }
        let words = lines[0].split(separator: " ")
        return Request(path: words.count > 1 ? String(words[1]) : "", fields: fields, body: body)
    }
}
