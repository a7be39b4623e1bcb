import Foundation
import Glibc
import Testing

/// A client of HTTP that sends what it is told, octet by octet, and shows what comes back.
struct RawHTTP {
    private let descriptor: Int32

    /// - Parameters:
    ///   - address: `127.0.0.1:8025`.
    ///   - room: octets that the system keeps for it unread; nil for its default.
    init(_ address: String, receiving room: Int32? = nil) throws {
        let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var room { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size)) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(descriptor >= 0 && result == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() { Glibc.close(descriptor) }

    /// - Returns: whether the system took it all.
    @discardableResult
    func send(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// Reads until this many answers have come, or the end.
    func answers(_ count: Int = 1) -> [Answer] {
        var text = ""
        while true {
            let answers = Answer.all(in: text)
            if answers.count >= count { return answers }
            guard let part = read() else { return answers }
            text += part
        }
    }

    /// Everything up to the end.
    func rest() -> String {
        var text = ""
        while let part = read() { text += part }
        return text
    }

    /// Everything up to the end; nil if that does not come.
    func toEnd() -> String? {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += buffer.prefix(count)
        }
    }

    /// Everything up to this text, or to the end.
    func until(_ text: String) -> String {
        var all: [UInt8] = []
        while let part = read() {
            all += part.utf8
            let tail = all.suffix(part.utf8.count + text.utf8.count)
            if String(decoding: tail, as: UTF8.self).contains(text) { break }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Whether this text comes before the end.
    func waitFor(_ text: String) -> Bool { until(text).contains(text) }

    private func read() -> String? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// One request on a connection of its own.
    static func ask(
        _ address: String, _ request: String, host: String = "localhost", token: String? = nil,
        fields: [String] = [], body: String = ""
    ) throws -> Answer {
        let connection = try RawHTTP(address)
        defer { connection.close() }
        connection.send(head(request, host: host, token: token, fields: fields, body: body) + body)
        return try #require(connection.answers().first)
    }

    /// A request without its body.
    static func head(
        _ request: String, host: String = "localhost", token: String? = nil, fields: [String] = [], body: String = ""
    ) -> String {
        let authorization = token.map { ["Authorization: Bearer \($0)"] } ?? []
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        let lines = ["\(request) HTTP/1.1", "Host: \(host)"] + authorization + length + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    struct Answer {
        var status: Int
        /// Names in lower case.
        var fields: [String: String]
        var body: String

        /// The member of a JSON object.
        subscript(name: String) -> Any? {
            let object = try? JSONSerialization.jsonObject(with: Data(body.utf8))
            return (object as? [String: Any])?[name]
        }

        /// All complete ones.
        static func all(in text: String) -> [Answer] {
            var answers: [Answer] = []
            var rest = Substring(text)
            while let answer = next(&rest) { answers.append(answer) }
            return answers
        }

        private static func next(_ rest: inout Substring) -> Answer? {
            guard let end = rest.range(of: "\r\n\r\n") else { return nil }
            let lines = rest[..<end.lowerBound].components(separatedBy: "\r\n")
            let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (
                    line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                )
            }
            let fields = Dictionary(pairs) { "\($0), \($1)" }
            var body = rest[end.upperBound...]
            if status == 100 || status == 204 {
                rest = body
                return Answer(status: status, fields: fields, body: "")
            }
            guard let length = fields["content-length"].flatMap({ Int($0) }) else {
                guard let end = body.range(of: "0\r\n\r\n") else { return nil }
                rest = body[end.upperBound...]
                return Answer(status: status, fields: fields, body: String(body[..<end.lowerBound]))
            }
            guard body.utf8.count >= length else { return nil }
            let whole = String(decoding: body.utf8.prefix(length), as: UTF8.self)
            body = body.dropFirst(whole.count)
            rest = body
            return Answer(status: status, fields: fields, body: whole)
        }
    }
}
