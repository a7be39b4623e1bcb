import Configuration
import Foundation
import Mail
import TestKit
import Testing

@testable import Ingress
@testable import Relay

@Suite("Claims to streams, as ingress asks about them")
struct StreamClaimsTests {
    private func configuration(_ users: String...) throws -> RelayConfiguration {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        let hash = "$scrypt$ln=14,r=8,p=5$\(String(repeating: "A", count: 22))$\(String(repeating: "A", count: 43))"
        let tables = users.map { "[[user]]\nname = \"\($0)\"\npassword_hash = \"\(hash)\"\n" }.joined()
        let text = "hostname = \"relay.test\"\n\(tables)[[upstream]]\nname = \"u\"\naddress = \"u.test:25\"\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try RelayConfiguration.load(path: path)
    }

    private func question(_ stream: String, _ user: String?) -> RouteClasses.Question {
        RouteClasses.Question(
            recipients: [Address(unchecked: "r@x.example")],
            sender: ReversePath(address: Address(unchecked: "a@x.example")), user: user,
            routing: RoutingFacts(stream: stream))
    }

    @Test("are decided by the users in force, also after a reload and a change of users_file")
    func reload() throws {
        let live = LiveConfiguration(try configuration("shop"))
        let claims = live.streamClaims
        #expect(claims.allow(question("shop", "shop")) && !claims.allow(question("shop", nil)))
        #expect(claims.allow(question("app", nil)))
        let users = try configuration("app").ingress.users
        live.replace(usersOfFile: users)
        #expect(!claims.allow(question("app", nil)) && claims.allow(question("app", "app")))
        live.replace(with: try configuration("app"))
        #expect(!claims.allow(question("app", nil)) && claims.allow(question("shop", nil)))
    }
}
