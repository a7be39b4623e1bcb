internal import CLibPQ

/// Rows as libpq keeps them.
final class PostgresResult: PostgresRows {
    private let library: LibPQ
    private let result: OpaquePointer
    let count: Int

    /// Takes over `result`.
    init(_ library: LibPQ, _ result: OpaquePointer) {
        self.library = library
        self.result = result
        count = Int(library.functions.ntuples(result))
    }

    deinit { library.functions.clear(result) }

    var affected: Int {
        library.functions.cmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    func isNull(_ row: Int, _ column: Int) -> Bool {
        library.functions.getisnull(result, Int32(row), Int32(column)) != 0
    }

    func integer(_ row: Int, _ column: Int) -> Int {
        let octets = octets(row, column)
        switch octets.count {
        case 1: return Int(octets[0])
        case 2: return Int(Int16(bigEndian: octets.loadUnaligned(as: Int16.self)))
        case 4: return Int(Int32(bigEndian: octets.loadUnaligned(as: Int32.self)))
        case 8: return Int(Int64(bigEndian: octets.loadUnaligned(as: Int64.self)))
        default: preconditionFailure("column \(column) holds no integer: \(octets.count) octets")
        }
    }

    func octets(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        let count = Int(library.functions.getlength(result, Int32(row), Int32(column)))
        return UnsafeRawBufferPointer(
            start: library.functions.getvalue(result, Int32(row), Int32(column)), count: count)
    }

    /// Status of the result, as libpq numbers it.
    var status: Int { Int(library.functions.resultStatus(result).magnitude) }

    /// A field of an error, in English or in the server's language.
    func field(_ code: Int32) -> String? {
        library.functions.resultErrorField(result, code).map { String(cString: $0) }
    }

    /// All that libpq says about the error.
    var message: String { Postgres.text(library.functions.resultErrorMessage(result)) }
}
