internal import CLibPQ

/// What is expected of the server for one group of statements.
struct Pipeline {
    enum Step {
        /// A statement is being prepared, with these types of parameters.
        case preparation(name: String, types: [PQOid], query: Int)
        case query(Int)
    }

    private(set) var steps: [Step] = []
    private var position = 0
    private(set) var rows: [any PostgresRows] = []
    /// What has failed first.
    private(set) var failure: (query: Int, result: PostgresResult)?
    /// Statements that the server has prepared.
    private(set) var prepared: [(name: String, types: [PQOid])] = []

    mutating func append(_ step: Step) { steps.append(step) }

    /// The result of the next step; every step has exactly one.
    ///
    /// - Returns: false if nothing was expected any more.
    mutating func received(_ result: PostgresResult) -> Bool {
        guard position < steps.count else { return false }
        let step = steps[position]
        position += 1
        switch result.status {
        case Int(PQ_COMMAND_OK), Int(PQ_TUPLES_OK), Int(PQ_EMPTY_QUERY):
            switch step {
            case .preparation(let name, let types, _): prepared.append((name, types))
            case .query: rows.append(result)
            }
        case Int(PQ_PIPELINE_ABORTED):
            break
        default:
            if failure == nil { failure = (Self.query(of: step), result) }
        }
        return true
    }

    private static func query(of step: Step) -> Int {
        switch step {
        case .preparation(_, _, let query): query
        case .query(let query): query
        }
    }
}
