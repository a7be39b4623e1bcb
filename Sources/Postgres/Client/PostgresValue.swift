package import NIOCore

/// A parameter of a statement, in the binary form of PostgreSQL's protocol.
package enum PostgresValue: Sendable {
    case null
    /// `boolean`
    case bool(Bool)
    /// `bigint`
    case integer(Int)
    /// `text`
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `bigint[]`, `text[]`, `bytea[]` or `boolean[]`
    case array(PostgresArray)

    package init(_ number: Int?) { self = number.map(PostgresValue.integer) ?? .null }
    package init(_ text: String?) { self = text.map(PostgresValue.text) ?? .null }
}

/// A statement, one only. It is prepared when a connection uses it for the first time, and known there by its name.
///
/// The server is told the types of its parameters as the values have them, `bigint` for every integer: a cast such as
/// `$1::int` changes the type of what arrives, never how it is sent.
package struct PostgresStatement: Hashable, Sendable {
    /// Unique within the program. Empty for what runs seldom: it is not kept.
    package let name: String
    package let sql: String

    package init(_ name: String, _ sql: String) {
        (self.name, self.sql) = (name, sql)
    }
}

/// A statement with its parameters.
package struct PostgresQuery: Sendable {
    package let statement: PostgresStatement
    package var values: [PostgresValue]

    package init(_ statement: PostgresStatement, _ values: [PostgresValue] = []) {
        (self.statement, self.values) = (statement, values)
    }
}

/// A one-dimensional array in binary form, made element by element.
package struct PostgresArray: Sendable {
    package enum Element: UInt32, Sendable {
        case bool = 16
        case bytes = 17
        case integer = 20
        case text = 25
    }

    package let element: Element
    package private(set) var count = 0
    private(set) var hasNull = false
    /// The elements, each behind its length of four octets; -1 for null.
    private(set) var octets: [UInt8] = []

    package init(_ element: Element) {
        self.element = element
    }

    package init(_ integers: some Sequence<Int>) {
        self.init(.integer)
        for integer in integers { append(integer) }
    }

    package init(_ texts: some Sequence<String>) {
        self.init(.text)
        for text in texts { append(text) }
    }

    package mutating func reserve(octets count: Int) { octets.reserveCapacity(count) }

    package mutating func appendNull() {
        appendLength(-1)
        hasNull = true
    }

    package mutating func append(_ value: Bool) {
        precondition(element == .bool)
        appendLength(1)
        octets.append(value ? 1 : 0)
    }

    package mutating func append(_ value: Int) {
        precondition(element == .integer)
        appendLength(8)
        withUnsafeBytes(of: Int64(value).bigEndian) { octets.append(contentsOf: $0) }
    }

    package mutating func append(_ value: Int?) {
        if let value { append(value) } else { appendNull() }
    }

    package mutating func append(_ value: String) {
        precondition(element == .text)
        appendLength(value.utf8.count)
        octets.append(contentsOf: value.utf8)
    }

    package mutating func append(_ value: String?) {
        if let value { append(value) } else { appendNull() }
    }

    /// UTF-8 for text, anything for `bytea`.
    package mutating func append(octets value: some Collection<UInt8>) {
        precondition(element == .text || element == .bytes)
        appendLength(value.count)
        octets.append(contentsOf: value)
    }

    package mutating func append(_ value: ByteBuffer) {
        precondition(element == .bytes)
        appendLength(value.readableBytes)
        value.withUnsafeReadableBytes { octets.append(contentsOf: $0) }
    }

    private mutating func appendLength(_ length: Int) {
        count += 1
        withUnsafeBytes(of: Int32(length).bigEndian) { octets.append(contentsOf: $0) }
    }
}
