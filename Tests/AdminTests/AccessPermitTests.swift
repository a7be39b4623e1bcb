import Access
import Mail
import NIOCore
import Testing

@testable import Admin

@Suite("What let a request in, asked again")
struct AccessPermitTests {
    private let settings: HTTPSettings
    private let control: AccessControl
    /// The token of role read.
    private let watcher: AccessToken

    init() throws {
        settings = try AccessTests.Tokens().settings
        control = AccessControl(settings, hostname: "relay.example")
        watcher = settings.tokens[0]
    }

    private func permit(session: String? = nil) throws -> AccessPermit {
        AccessPermit(
            control: control, client: try #require(IPAddress("192.0.2.7")), token: watcher, session: session,
            access: .role(.read))
    }

    private func reload(_ settings: HTTPSettings) { control.replace(with: settings, hostname: "relay.example") }

    /// The settings with another token of that name.
    private func changed(to watcher: AccessToken) -> HTTPSettings {
        var other = settings
        other.tokens[0] = watcher
        return other
    }

    @Test("A permit holds while its token is there, is the same, and has a role that is enough")
    func token() throws {
        let permit = try permit()
        #expect(permit.isValid)
        var other = watcher
        other.role = .operate
        reload(changed(to: other))
        #expect(permit.isValid)
        other.role = .send
        reload(changed(to: other))
        #expect(!permit.isValid)
        reload(settings)
        #expect(permit.isValid)
        var renewed = watcher
        renewed.hash = try NewToken().hash
        reload(changed(to: renewed))
        #expect(!permit.isValid)
        var without = settings
        without.tokens = []
        reload(without)
        #expect(!permit.isValid)
    }

    @Test("A permit holds while its client is in a network of allow")
    func network() throws {
        let permit = try permit()
        var other = settings
        other.allow = ["192.0.2.0/24"]
        reload(other)
        #expect(permit.isValid)
        other.allow = ["10.0.0.0/8"]
        reload(other)
        #expect(!permit.isValid)
    }

    @Test("A permit by session holds while the session does, and its token")
    func session() throws {
        let (ended, orphaned) = (try control.sessions.begin(watcher), try control.sessions.begin(watcher))
        let (first, second) = (try permit(session: ended), try permit(session: orphaned))
        #expect(first.isValid && second.isValid)
        control.sessions.end(ended)
        #expect(!first.isValid && second.isValid)
        var without = settings
        without.tokens = []
        reload(without)
        #expect(!second.isValid)
    }

    @Test("A reader's permit is asked every two seconds, and the socket has none")
    func watch() throws {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        var watch = PermitWatch(try permit(), at: start)
        var socket = PermitWatch(nil, at: start)
        #expect(watch.isAllowed(at: start + .seconds(2)) == true)
        var without = settings
        without.tokens = []
        reload(without)
        #expect(watch.isAllowed(at: start + .seconds(3)) == true)
        #expect(watch.isAllowed(at: start + .seconds(4)) == false)
        #expect(socket.isAllowed(at: start + .seconds(4)) == true)
    }
}
