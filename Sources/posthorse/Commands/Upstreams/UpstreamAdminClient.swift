import Admin
import Configuration
import Delivery
import NIOCore

/// Where the commands about upstreams ask and order; turns what goes wrong into a ``Failure``.
struct UpstreamAdminClient: Sendable {
    private let client: AdminClient
    /// A probe is answered when it has ended.
    private let patient: AdminClient
    private let config: String

    init(_ options: ConfigOption) throws {
        self.init(socketPath: try options.load().adminSocket, config: options.path)
    }

    init(socketPath: String, config: String) {
        client = AdminClient(socketPath: socketPath)
        patient = AdminClient(socketPath: socketPath, timeout: .minutes(2))
        self.config = config
    }

    /// All upstreams, in order of priority: each as a line of JSON without its end.
    func forEachLine(_ body: (ByteBuffer) throws -> Void) async throws {
        try await asked { try await client.forEachLine(at: AdminPath.upstreams, body) }
    }

    /// All upstreams, in order of priority.
    func list() async throws -> [UpstreamDocument] {
        var list: [UpstreamDocument] = []
        try await forEachLine { list.append(try AdminJSON.decode(UpstreamDocument.self, from: $0)) }
        return list
    }

    func detail(of name: String) async throws -> UpstreamDetailDocument {
        try await asked {
            try await client.document(UpstreamDetailDocument.self, at: AdminPath.upstream(name))
        }
    }

    func statistics() async throws -> StatisticsDocument {
        try await asked { try await client.document(StatisticsDocument.self, at: AdminPath.statistics) }
    }

    /// Carries out an order, and says how the upstream stands then.
    func control(
        _ name: String, _ action: UpstreamControl.Action, _ order: UpstreamControlDocument
    ) async throws -> UpstreamDetailDocument {
        let client = action == .probe ? patient : client
        return try await asked {
            try await client.post(
                order, to: AdminPath.control(name, action.rawValue), for: UpstreamDetailDocument.self)
        }
    }

    private func asked<Answer>(_ question: () async throws -> Answer) async throws -> Answer {
        do {
            return try await question()
        } catch let error as AdminClientError {
            throw Failure(error, config: config)
        }
    }
}
