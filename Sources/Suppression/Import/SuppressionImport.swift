package import Mail

/// A file of suppressions: CSV or lines of JSON, as they are exported, or a plain list of addresses.
///
/// The first octet decides: `{` begins JSON. A first line of CSV that names `pattern`, `email` or `address` is a header;
/// without one the columns are those of ``SuppressionField``, in order.
package struct SuppressionImport {
    /// What lines do not say.
    package struct Defaults: Sendable {
        package var reason = ""
        package var route: String?
        package var expiresAt: Timestamp?
        /// Who imports, as the system knows them.
        package var who: String?
        package var now: Timestamp
        /// The routes that there are.
        package var routes: Set<String>

        package init(now: Timestamp, routes: Set<String>) {
            self.now = now
            self.routes = routes
        }
    }

    /// What is wrong with a line.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// From 1; that of the first octet of a record.
        package let line: Int
        package let message: String

        package var description: String { "line \(line): \(message)" }
    }

    /// Most octets of a record.
    package static let longestRecord = 16 << 10

    private let defaults: Defaults
    private let body: (SuppressionEntry) -> Void
    /// All of them, in the order of the file.
    private(set) var problems: [Problem] = []

    /// Reads a whole file.
    ///
    /// - Parameter body: called for each line that is right, in the order of the file.
    /// - Returns: what is wrong with the others.
    package static func read(
        _ file: UnsafeRawBufferPointer, _ defaults: Defaults, _ body: (SuppressionEntry) -> Void
    ) -> [Problem] {
        withoutActuallyEscaping(body) { body in
            var reading = SuppressionImport(defaults: defaults, body: body)
            reading.read(file)
            return reading.problems
        }
    }

    private init(defaults: Defaults, body: @escaping (SuppressionEntry) -> Void) {
        self.defaults = defaults
        self.body = body
    }

    private mutating func read(_ file: UnsafeRawBufferPointer) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let octets = UnsafeRawBufferPointer(rebasing: file[(file.starts(with: mark) ? mark.count : 0)...])
        let first = octets.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        if first == UInt8(ascii: "{") { readJSON(octets) } else { readCSV(octets) }
    }

    // MARK: Lines of JSON

    private mutating func readJSON(_ octets: UnsafeRawBufferPointer) {
        var (start, line) = (0, 1)
        while start < octets.count {
            let end = octets[start...].firstIndex(of: 0x0A) ?? octets.count
            take(line) { () throws(SuppressionError) in
                try Self.fields(ofJSON: UnsafeRawBufferPointer(rebasing: octets[start..<end]))
            }
            (start, line) = (end + 1, line + 1)
        }
    }

    private static func fields(ofJSON line: UnsafeRawBufferPointer) throws(SuppressionError) -> SuppressionFields? {
        guard line.count <= longestRecord else { throw tooLong }
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return nil }
        var fields = SuppressionFields()
        for (name, value) in try FlatJSON.members(of: line) {
            guard let field = SuppressionField(rawValue: name) else { throw unknown(name) }
            guard fields[field] == nil else {
                throw SuppressionError(.badValue, "\(name) is given twice")
            }
            fields[field] = value
        }
        return fields
    }

    // MARK: CSV

    private mutating func readCSV(_ octets: UnsafeRawBufferPointer) {
        var reader = CSVReader(octets)
        var columns = SuppressionField.allCases
        var isFirst = true
        while let (line, record) = reader.next() {
            if isFirst, case .success(let names) = record, let header = Self.header(names) {
                isFirst = false
                switch header {
                case .success(let header): columns = header
                case .failure(let error): return problems.append(Problem(line: line, message: error.message))
                }
                continue
            }
            isFirst = false
            take(line) { () throws(SuppressionError) in try Self.fields(of: try record.get(), columns) }
        }
    }

    /// The columns that a header names; nil if it is none.
    private static func header(_ names: [String]) -> Result<[SuppressionField], SuppressionError>? {
        let names = names.map { $0.lowercased() }.map { ["email", "address"].contains($0) ? "pattern" : $0 }
        guard names.contains(SuppressionField.pattern.rawValue) else { return nil }
        guard Set(names).count == names.count else {
            return .failure(SuppressionError(.badValue, "a column is named twice"))
        }
        if let other = names.first(where: { SuppressionField(rawValue: $0) == nil }) { return .failure(unknown(other)) }
        return .success(names.compactMap { SuppressionField(rawValue: $0) })
    }

    private static func fields(
        of record: [String], _ columns: [SuppressionField]
    ) throws(SuppressionError) -> SuppressionFields? {
        guard record != [""] else { return nil }
        guard record.count <= columns.count else {
            throw SuppressionError(.badValue, "it has \(record.count) fields, and there are \(columns.count) columns")
        }
        var fields = SuppressionFields()
        for (column, value) in zip(columns, record) { fields[column] = value }
        return fields
    }

    // MARK: Both

    private mutating func take(
        _ line: Int, _ fields: () throws(SuppressionError) -> SuppressionFields?
    ) {
        do throws(SuppressionError) {
            guard let fields = try fields() else { return }
            body(try fields.entry(defaults))
        } catch {
            problems.append(Problem(line: line, message: error.message))
        }
    }

    static let tooLong = SuppressionError(.badValue, "it is longer than \(longestRecord) octets")

    private static func unknown(_ name: String) -> SuppressionError {
        let known = SuppressionField.allCases.map(\.rawValue).joined(separator: ", ")
        return SuppressionError(.badValue, "\"\(name.prefix(60))\" is not a field; there are \(known)")
    }
}
