internal import Configuration
internal import Ingress

/// What a ``Reloader`` changes.
protocol ReloadableRelay: Sendable {
    /// What is left to do once nothing can fail.
    associatedtype Change: Sendable

    /// The settings that it runs with.
    var live: LiveConfiguration { get }

    /// Finds out whether settings could be put into force, and changes nothing.
    ///
    /// - Throws: `IngressError` if a listener could not be opened.
    func rehearse(_ configuration: RelayConfiguration) async throws
    /// How many messages are in doubt at each of these upstreams. Reads the whole queue.
    func doubts(at upstreams: Set<String>) async -> [String: Int]

    /// Does everything that can fail, and changes nothing: opens what is to be opened.
    ///
    /// - Throws: `IngressError` if a listener cannot be opened.
    func prepare(_ configuration: RelayConfiguration) async throws -> Change
    /// Puts what was prepared into force.
    func commit(_ configuration: RelayConfiguration, _ change: Change) async
    /// Gives up what was prepared.
    func discard(_ change: Change) async

    /// Reads certificates and keys again.
    ///
    /// - Parameter always: also those that appear unchanged.
    func readCertificates(always: Bool)
    /// The users of `users_file` are others.
    func replace(users: [UserSettings])
}
