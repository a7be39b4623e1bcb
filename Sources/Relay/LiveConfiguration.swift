internal import Admin
internal import Configuration
internal import Delivery
internal import Ingress
internal import Mail
internal import Suppression
internal import Synchronization
internal import Upstreams

/// The settings that the relay runs with, and what is made of them for those who ask often. Replaced as a whole.
final class LiveConfiguration: Sendable {
    private struct State {
        var configuration: RelayConfiguration
        let doubts: InDoubtPolicies
        let routes: RouteTable
        /// Whether any of them has a class.
        let givesPriorities: Bool
        /// Made once a message names a stream.
        var owners: StreamOwners?

        init(_ configuration: RelayConfiguration) {
            self.configuration = configuration
            doubts = InDoubtPolicies(configuration.delivery)
            routes = configuration.delivery.routeTable
            givesPriorities = routes.givesPriorities
        }
    }

    /// What suppressions do to mail; made once there are any.
    private struct Gates {
        let suppression: SuppressionGate
        let recipients: RecipientGate
    }

    private let state: Mutex<State>
    private let gates = Mutex<Gates?>(nil)

    init(_ configuration: RelayConfiguration) {
        state = Mutex(State(configuration))
    }

    var configuration: RelayConfiguration { state.withLock { $0.configuration } }
    var doubts: InDoubtPolicies { state.withLock { $0.doubts } }
    var places: QueuePlaces { doubts.places }
    var routes: RouteTable { state.withLock { $0.routes } }
    /// Both of one moment.
    var configurationAndRoutes: (RelayConfiguration, RouteTable) { state.withLock { ($0.configuration, $0.routes) } }

    /// Answers are by these settings from now on; those about suppressions after ``apply(_:now:)``.
    func replace(with configuration: RelayConfiguration) {
        let new = State(configuration)
        state.withLock { $0 = new }
    }

    /// `users_file` has been read again.
    func replace(usersOfFile users: [UserSettings]) {
        state.withLock { state in
            state.configuration.ingress.usersOfFile = users
            state.owners = nil
        }
    }

    /// Which of their values come from the environment.
    func replace(usersFilePlaces places: EnvironmentPlaces) {
        state.withLock { $0.configuration.usersFilePlaces = places }
    }

    /// Asks the routes of now, each time.
    var routeClasses: RouteClasses {
        RouteClasses(isUsed: { self.state.withLock { $0.givesPriorities } }) { question in
            let subject = RouteTable.Subject(
                sender: question.sender.description, route: question.routing.route, user: question.user,
                headers: question.routing.headers, stream: question.routing.stream)
            return self.routes.priority(of: subject, recipients: question.recipients)
        }
    }

    /// Asks the users and routes of now, each time.
    var streamClaims: StreamClaims {
        StreamClaims { question in
            guard let name = question.routing.stream else { return true }
            let subject = RouteTable.Subject(
                sender: question.sender.description, route: question.routing.route, user: question.user,
                headers: question.routing.headers, stream: name)
            return self.streamOwners.allow(name, to: subject, recipients: question.recipients)
        }
    }

    private var streamOwners: StreamOwners {
        state.withLock { state in
            if let owners = state.owners { return owners }
            let ingress = state.configuration.ingress
            let users = (ingress.users + ingress.usersOfFile).lazy.map { (name: $0.name, stream: $0.stream) }
            let owners = StreamOwners(users: users, routes: state.routes)
            state.owners = owners
            return owners
        }
    }

    // MARK: Suppressions

    /// Makes the answers about suppressions, by the settings of now.
    func apply(_ index: SuppressionIndex, now: @escaping @Sendable () -> Timestamp) {
        let configuration = configuration
        let gate = SuppressionGate(index, configuration.delivery)
        let new = Gates(suppression: gate, recipients: RecipientGate(gate, routes, now: now))
        gates.withLock { $0 = new }
    }

    /// Call it after ``apply(_:now:)``.
    var gate: SuppressionGate {
        guard let gates = gates.withLock({ $0 }) else { preconditionFailure("the suppressions are opened first") }
        return gates.suppression
    }

    /// Asks those of now, each time.
    var recipientGate: RecipientGate {
        RecipientGate(
            isOpen: { self.gates.withLock { $0?.recipients }?.isOpen() ?? true },
            refusal: { question in self.gates.withLock { $0?.recipients }?.refusal(question) })
    }
}
