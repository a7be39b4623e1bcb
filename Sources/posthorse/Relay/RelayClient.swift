import Admin
import Configuration
import Console
import Glibc
import NIOCore

/// Every command's way to the running relay: finds its admin socket, and turns errors into a ``Failure``.
struct RelayClient: Sendable {
    /// Where the relay is looked for.
    let place: RelayPlace
    private let client: AdminClient
    /// For requests that take time, such as a probe.
    private let patient: AdminClient

    /// - Throws: ``Failure`` if nothing says where the admin socket is.
    init(_ options: RelayOptions) throws(Failure) {
        self.init(try RelayPlace(options))
    }

    init(_ place: RelayPlace) {
        self.place = place
        let user = getenv("SUDO_USER").map { String(cString: $0) }
        client = AdminClient(place.address, claimedUser: user)
        patient = AdminClient(place.address, timeout: .minutes(2), claimedUser: user)
    }

    /// - Throws: ``Failure``, and any error of the request other than ``AdminClientError``.
    func ask<Answer>(
        isPatient: Bool = false, _ question: (AdminClient) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await question(isPatient ? patient : client)
        } catch let error as AdminClientError {
            throw place.failure(error)
        }
    }

    /// The same for a caller that sees to ``AdminClientError`` itself.
    func askDirectly<Answer>(_ question: (AdminClient) async throws -> Answer) async throws -> Answer {
        try await question(client)
    }

    func document<Document: Decodable>(_ type: Document.Type, at path: String) async throws -> Document {
        try await ask { try await $0.document(type, at: path) }
    }

    /// An order, and its answer line by line, without line ends.
    func forEachLine(
        posting order: some Encodable, to path: String, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        try await ask(isPatient: true) { try await $0.forEachLine(posting: order, to: path, body) }
    }

    /// A listing, line by line, without line ends.
    func forEachLine(at path: String, _ body: (ByteBuffer) throws -> Void) async throws {
        try await ask { try await $0.forEachLine(at: path, body) }
    }
}
