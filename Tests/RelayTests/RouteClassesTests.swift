import Configuration
import Foundation
import Mail
import TestKit
import Testing

@testable import Ingress
@testable import Relay

@Suite("The classes of routes, as ingress asks for them")
struct RouteClassesTests {
    private func configuration(_ routes: String) throws -> RelayConfiguration {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        let text = "hostname = \"relay.test\"\n\(routes)[[upstream]]\nname = \"u\"\naddress = \"u.test:25\"\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try RelayConfiguration.load(path: path)
    }

    private func question(to recipient: String, header: [String: String] = [:]) -> RouteClasses.Question {
        RouteClasses.Question(
            recipients: [Address(unchecked: recipient)],
            sender: ReversePath(address: Address(unchecked: "a@x.example")), user: nil,
            routing: RoutingFacts(headers: header))
    }

    @Test("are those of the routes in force, also after a reload")
    func reload() throws {
        let route = "[[route]]\nname = \"r\"\nupstreams = [\"u\"]\n"
        let live = LiveConfiguration(try configuration(route + "recipient = \"@a.example\"\n"))
        let classes = live.routeClasses
        #expect(!classes.isUsed())
        live.replace(with: try configuration(route + "recipient = \"@a.example\"\npriority = \"high\"\n"))
        #expect(classes.isUsed())
        #expect(classes.priority(question(to: "r@a.example")) == .high)
        #expect(classes.priority(question(to: "r@b.example")) == nil)
        live.replace(with: try configuration(route + "header = \"X-Kind: news*\"\npriority = \"bulk\"\n"))
        #expect(classes.priority(question(to: "r@a.example", header: ["x-kind": "newsletter"])) == .bulk)
        #expect(classes.priority(question(to: "r@a.example")) == nil)
    }
}
