import Mail
import Testing

@testable import Upstreams

@Suite("Who may name a stream")
struct StreamOwnersTests {
    private let owners: StreamOwners = {
        var bulk = Route(name: "bulk", upstreams: [0])
        bulk.match = Route.Match(recipient: "@bulk.example")
        bulk.stream = "digest"
        let table = RouteTable([bulk], upstreamCount: 1)
        let users: [(name: String, stream: String?)] = [("shop", nil), ("app", "receipts"), ("app-2", "receipts")]
        return StreamOwners(users: users, routes: table)
    }()

    private func allow(_ name: String, _ user: String?, to recipients: String...) -> Bool {
        let subject = RouteTable.Subject(sender: "a@x.example", user: user, stream: name)
        return owners.allow(name, to: subject, recipients: recipients.map { Address(unchecked: $0) })
    }

    @Test("A user's name and stream are that user's, with what is below them", arguments: ["shop", "shop/spring/2"])
    func users(name: String) {
        #expect(allow(name, "shop", to: "r@x.example"))
        #expect(!allow(name, "app", to: "r@x.example"))
        #expect(!allow(name, nil, to: "r@x.example"))
    }

    @Test("Users with the same stream share it")
    func shared() {
        #expect(["app", "app-2", "shop"].map { allow("receipts", $0, to: "r@x.example") } == [true, true, false])
        #expect(["app", "app-2", "shop"].map { allow("app", $0, to: "r@x.example") } == [true, false, false])
    }

    @Test("A route's name and stream are for mail that takes it, with all recipients", arguments: ["bulk", "digest"])
    func routes(name: String) {
        #expect(allow(name, nil, to: "r@bulk.example", "s@bulk.example"))
        #expect(allow(name, "shop", to: "r@bulk.example"))
        #expect(!allow(name, "shop", to: "r@x.example"))
        #expect(!allow(name, nil, to: "r@bulk.example", "r@x.example"))
    }

    @Test("All other names are free", arguments: ["spring", "shopping", "Shop", "spring/shop", "/shop", "/"])
    func free(name: String) {
        #expect(allow(name, "shop", to: "r@x.example") && allow(name, nil, to: "r@x.example"))
    }
}
