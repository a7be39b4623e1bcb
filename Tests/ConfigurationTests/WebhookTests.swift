import Foundation
import TestKit
import Testing

@testable import Configuration

@Suite("[[webhook]]")
struct WebhookTests {
    private func text(_ lines: String) -> String {
        minimal + "[[webhook]]\nname = \"app\"\nurl = \"https://app.test/in\"\n" + lines
    }

    private func faults(_ lines: String) -> [String] { problems(text(lines)).map { String($0.drop { $0 != " " }) } }

    @Test("names are unique")
    func unique() {
        let found = faults("[[webhook]]\nname = \"app\"\nurl = \"https://b.test/\"\n")
        #expect(found.count == 1 && found[0].contains("webhook.name: \"app\" is already used"))
    }

    @Test("an event is named once, and known")
    func events() {
        #expect(faults("events = [\"failed\", \"failed\"]").first?.contains("is a duplicate") == true)
        #expect(faults("events = [\"opened\"]").first?.contains("\"opened\" is not a valid value") == true)
    }

    @Test("a user who is nowhere is probably a mistake")
    func users() {
        #expect(faults("users = [\"shop\"]").first?.contains("there is no user \"shop\"") == true)
        let known = "[[user]]\nname = \"shop\"\npassword_hash = \"\(exampleHash)\"\n"
        #expect(!faults("users = [\"shop\"]\n" + known).contains { $0.contains("there is no user") })
    }

    @Test("http is for private networks")
    func clearText() {
        let plain = minimal + "[[webhook]]\nname = \"app\"\nurl = \"http://app.test/in\"\n"
        #expect(problems(plain).contains { $0.contains("everybody on the way can read") })
        #expect(problems(plain + "private = true\n") == [])
    }

    @Test(
        "nothing is sent to the machine itself unless relay.conf says so, whatever its name",
        arguments: ["localhost", "app.localhost", "LOCALHOST.", "127.0.0.1", "[::1]"])
    func ownMachine(host: String) {
        let own = minimal + "[[webhook]]\nname = \"app\"\nurl = \"https://\(host)/in\"\n"
        let found = problems(own)
        #expect(found.count == 1 && found[0].contains("webhook.url: the value has a loopback address"))
        #expect(found[0].contains("write private = true if you mean it"))
        #expect(problems(own + "private = true\n") == [])
    }

    @Test("a name that only resembles the machine's is another's", arguments: ["localhost.test", "mylocalhost"])
    func otherMachine(host: String) {
        #expect(problems(minimal + "[[webhook]]\nname = \"app\"\nurl = \"https://\(host)/in\"\n") == [])
    }

    @Test("events are not removed before they are given up")
    func ages() {
        #expect(faults("keep = \"1h\"").first?.contains("events are removed after 1h") == true)
    }

    @Test("a secret that cannot be used is told without being shown")
    func secret() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/secret"
        #expect(faults("secret_file = \"\(file)\"").first?.contains("cannot be read") == true)
        try "hunter2\n".write(toFile: file, atomically: true, encoding: .utf8)
        let found = faults("secret_file = \"\(file)\"")
        #expect(found.first?.contains("line 1 does not begin with whsec_") == true)
        #expect(!found.contains { $0.contains("hunter2") })
        try "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(faults("secret_file = \"\(file)\"") == [])
    }

    @Test("a change of the URL is told without the URL")
    func hidden() throws {
        let before = try configuration(text(""))
        let after = try configuration(text("").replacing("/in", with: "/hunter2"))
        let changes = before.changes(in: after)
        #expect(changes.map(\.key) == ["webhook.url"])
        #expect(!"\(changes)".contains("hunter2") && !"\(changes)".contains("app.test"))
    }
}
