import Admin
import Delivery
import Foundation
import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@Suite("Filters of the queue")
struct QueueFilterTests {
    private static let now = RunningAdmin.now

    private static func message(
        _ number: Int64, user: String? = nil, sender: String? = "app@a.example", age: Duration = .seconds(90),
        _ recipients: Recipient...
    ) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: number), receivedAt: now + (.zero - age),
            sender: ReversePath(address: sender.map { Address(unchecked: $0) }), body: .sevenBit, priority: .normal,
            messageID: "<m>", origin: "c", user: user, size: 10, recipients: recipients)
    }

    private static func recipient(
        _ address: String, _ state: Recipient.State = .queued, upstream: String? = nil, reply: String? = nil
    ) -> Recipient {
        Recipient(address: Address(unchecked: address), state: state, upstream: upstream, lastReply: reply)
    }

    private static var places: QueuePlaces {
        var bulk = Route(name: "bulk", upstreams: [0])
        bulk.match.recipient = "@bulk.example"
        return QueuePlaces(RouteTable([bulk], upstreamCount: 1))
    }

    private static let messages = [
        message(
            1, recipient("Ann@b.example"),
            recipient("bob@bulk.example", .deferred, upstream: "ses", reply: "451 4.7.1 slow")),
        message(
            2, user: "shop", sender: nil, age: .seconds(7200),
            Recipient(
                address: Address(unchecked: "x@sub.b.example"), state: .failed, lastReply: "550 5.1.1 no such user",
                failureClass: .invalidRecipient)),
        message(
            3, user: "Shop", recipient("ann@b.example", .deferred, upstream: "mg", reply: "450 4.2.1 busy, try 12")),
    ]

    private static func found(_ change: (inout QueueFilter) -> Void) throws -> [Int64] {
        var filter = QueueFilter()
        change(&filter)
        // What goes over the wire must mean the same.
        let read = try QueueFilter(query: filter.query)
        #expect(read == filter)
        let matcher = try QueueMatcher(read, places: places, now: now)
        return messages.filter { MessageGlance.with($0, matcher.matches) }.map(\.id.rawValue)
    }

    @Test("Each condition selects what it names")
    func conditions() throws {
        #expect(try Self.found { _ in } == [1, 2, 3])
        #expect(try Self.found { $0.sender = "APP@" } == [1, 3])
        #expect(try Self.found { $0.sender = "<>" } == [2])
        #expect(try Self.found { $0.recipient = "ann@" } == [1, 3])
        #expect(try Self.found { $0.recipient = "*" } == [])
        #expect(try Self.found { $0.domain = "B.example" } == [1, 3])
        #expect(try Self.found { $0.domain = "*.b.example" } == [2])
        #expect(try Self.found { $0.domain = "example" } == [])
        #expect(try Self.found { $0.upstream = "ses" } == [1])
        #expect(try Self.found { $0.route = "bulk" } == [1])
        #expect(try Self.found { $0.route = "default" } == [1, 2, 3])
        #expect(try Self.found { $0.user = "shop" } == [2, 3])
        #expect(try Self.found { $0.stream = "shop" } == [2, 3])
        #expect(try Self.found { $0.stream = "bulk" } == [1])
        #expect(try Self.found { $0.failureClass = .invalidRecipient } == [2])
        #expect(try Self.found { $0.failureClass = .spam } == [])
        #expect(try Self.found { $0.olderThan = .seconds(3600) } == [2])
        #expect(try Self.found { $0.olderThan = .seconds(90) } == [1, 2, 3])
        #expect(try Self.found { $0.newerThan = .seconds(3600) } == [1, 3])
        #expect(try Self.found { $0.ids = [QueueID(rawValue: 3)] } == [3])
    }

    @Test("One recipient must meet all conditions on recipients")
    func together() throws {
        #expect(try Self.found { ($0.recipient, $0.state) = ("ann", "deferred") } == [3])
        #expect(try Self.found { ($0.domain, $0.upstream) = ("b.example", "ses") } == [])
        #expect(try Self.found { ($0.user, $0.sender) = ("shop", "<>") } == [2])
    }

    @Test(
        "A regular expression is found anywhere in the last reply",
        arguments: [
            ("^4", [1, 3]), ("4\\.7", [1]), ("slow$", [1]), ("NO SUCH", []), ("(?i)NO SUCH", [2]), ("try \\d+", [3]),
            ("slow|busy", [1, 3]), ("5\\D1", [2]), ("x{3}", []), ("[^ ]{9}", []),
        ] as [(String, [Int64])])
    func replies(pattern: String, ids: [Int64]) throws {
        #expect(try Self.found { $0.lastReply = pattern } == ids)
    }

    @Test(
        "An expression that repeats within reason is taken",
        arguments: [
            String(repeating: "\\d+ ", count: 100), "(([a-z]+)+)+@(([a-z]+)+)+",
            "[+{(]{1,3}\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+",
            "a{1,1000}", "a{,3}|b?", "[]+++++++++++++]",
        ])
    func goodPatterns(pattern: String) throws {
        _ = try QueueFilter(query: [("last_reply", pattern)])
    }

    @Test(
        "An expression that is wrong or would take forever is refused with its reason",
        arguments: [
            "(", "[a", "(a)\\1", "a{1000}{1000}", "((a{100}){100}){100}", "\\", "*{2}{3}{400}",
            String(repeating: "a", count: 513), "a" + String(repeating: "+", count: 50),
            "a++++++++++++++++++++++++++++++(b",
            String(repeating: "(", count: 40) + "a" + String(repeating: ")+", count: 40),
            "[]+]" + String(repeating: "+", count: 20) + "[[:alpha:]+]",
            "(a{1,9}" + String(repeating: "+", count: 12) + ")",
        ])
    func badPatterns(pattern: String) {
        let error = #expect(throws: AdminError.self) { try QueueFilter(query: [("last_reply", pattern)]) }
        #expect(error?.code == .badRequest)
        #expect(error?.message.contains("not a regular expression") == true)
    }

    @Test(
        "Bad values are refused",
        arguments: [
            ("older_than", "soon"), ("older_than", ""), ("newer_than", "-5s"), ("older_than", "1.5h"),
            ("state", "gone"),
            ("limit", "0"), ("class", "bad"), ("after", "x"), ("id", "x"), ("reply", "x"),
        ])
    func badValues(name: String, value: String) {
        #expect(throws: AdminError.self) { try QueueFilter(query: [(name, value)]) }
    }

    @Test("Ages have units, and a number alone is seconds")
    func ages() throws {
        let texts = ["90", "90s", "90000ms"]
        for text in texts { #expect(try QueueFilter(query: [("older_than", text)]).olderThan == .seconds(90)) }
        #expect(try QueueFilter(query: [("newer_than", "2d")]).newerThan == .seconds(172_800))
        #expect(try QueueFilter(query: [("newer_than", "99999999999999999d")]).newerThan != nil)
    }

    @Test("Statistics by group count recipients that match, and each message once")
    func groups() async throws {
        let spool = FaultySpool()
        for message in Self.messages { spool.insert(message, content: ByteBuffer()) }
        let source = LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings()))
        func groups(_ grouping: QueueGrouping, _ filter: QueueFilter = QueueFilter()) async throws -> [GroupDocument] {
            try await QueueListing(filter, in: source, now: Self.now).breakdown(by: grouping, at: Self.now).documents
        }
        let domains = try await groups(.domain)
        #expect(domains.map(\.value) == ["b.example", "bulk.example", "sub.b.example"])
        #expect(domains.map(\.recipients) == [2, 1, 1])
        #expect(domains.map(\.messages) == [2, 1, 1])
        #expect(domains.map(\.bytes) == [20, 10, 10])
        #expect(domains.map(\.oldestAgeSeconds) == [90, 90, 7200])
        #expect(try await groups(.upstream).map(\.value) == [nil, "mg", "ses"])
        #expect(try await groups(.state).map(\.value) == ["deferred", "failed", "queued"])
        var deferred = QueueFilter()
        deferred.state = "deferred"
        #expect(try await groups(.domain, deferred).map(\.recipients) == [1, 1])
        let ages = try await groups(.age)
        #expect(ages[0].ages?["5"] == 2)
        #expect(ages[2].ages?["160"] == 1)
        #expect(ages[2].ages?.values.reduce(0, +) == 1)
        #expect(try await groups(.priority).map(\.messages) == [3])
    }

    @Test("A listing can be sorted either way, and keeps to its limit", arguments: QueueSort.allCases)
    func sorting(sort: QueueSort) async throws {
        let spool = FaultySpool()
        let due = Recipient(
            address: Address(unchecked: "r@b.example"), state: .deferred, attempts: 4,
            nextAttemptAt: Timestamp(milliseconds: 5))
        let late = Recipient(
            address: Address(unchecked: "r@b.example"), state: .deferred, attempts: 1,
            nextAttemptAt: Timestamp(milliseconds: 9))
        let held = Recipient(address: Address(unchecked: "r@b.example"), state: .held)
        spool.insert(.example(1, sender: "c@a.example", recipients: [held], size: 5), content: ByteBuffer())
        spool.insert(.example(2, sender: "A@a.example", recipients: [late], size: 9), content: ByteBuffer())
        spool.insert(.example(3, sender: "b@a.example", recipients: [due], size: 7), content: ByteBuffer())
        let expected: [QueueSort: [String]] = [
            .age: ["1", "2", "3"], .size: ["2", "3", "1"], .next: ["3", "2", "1"], .attempts: ["3", "2", "1"],
            .sender: ["2", "3", "1"],
        ]
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            func ids(_ limit: Int?, reversed: Bool) async throws -> [String] {
                var question = ListingQuestion()
                question.filter.limit = limit
                (question.sort, question.isReversed) = (sort, reversed)
                var ids: [String] = []
                try await admin.client.forEachLine(at: AdminPath.queue(question)) {
                    ids.append(String(try AdminJSON.decode(MessageDocument.self, from: $0).queueID.suffix(1)))
                }
                return ids
            }
            let order = try #require(expected[sort])
            #expect(try await ids(nil, reversed: false) == order)
            #expect(try await ids(nil, reversed: true) == order.reversed())
            #expect(try await ids(2, reversed: false) == Array(order.prefix(2)))
        }
    }

    @Test("A listing's own JSON is what the encoder writes")
    func lines() throws {
        let odd = "\"\\\u{1}\t\n/é\u{2028}\u{7f}"
        let recipients = [
            Self.recipient("\"a \\\" b\"@b.example", .held),
            Self.recipient("x@y", .failed, upstream: "ses", reply: odd),
        ]
        let messages =
            Self.messages + [
                Self.message(4, user: odd, recipients[0], recipients[1]), Self.message(5),
            ]
        for message in messages {
            let document = MessageDocument(message, places: Self.places)
            var line = ByteBuffer()
            line.write(document)
            #expect(line.readableBytesView.last == UInt8(ascii: "\n"))
            #expect(try AdminJSON.decode(MessageDocument.self, from: line) == document)
            let keys = try AdminJSON.decode([String: Anything].self, from: line).keys
            let own = try AdminJSON.decode(
                [String: Anything].self, from: ByteBuffer(string: try AdminJSON.line(document))
            ).keys
            #expect(Set(keys) == Set(own))
            let read = ByteBuffer(line.readableBytesView.dropLast())
            #expect(try MessageDocument(line: read) == document)
            // Foundation is asked only where a string has escapes.
            #expect((MessageDocument(asWritten: read) == nil) == read.readableBytesView.contains(UInt8(ascii: "\\")))
        }
    }

    @Test(
        "A line of a listing that is written otherwise is read as JSON, and one that is none is refused",
        arguments: ["}", "}}", "} ", "", "\u{ff}"])
    func otherLines(end: String) throws {
        let document = MessageDocument(Self.message(1, Self.recipient("x@y", .held)))
        var line = ByteBuffer()
        line.write(document)
        let text = String(buffer: line).dropLast(2)
        let spaced = text.replacingOccurrences(of: ":", with: " : ").replacingOccurrences(of: ",", with: " , ")
        for text in [String(text), spaced] {
            let line = ByteBuffer(string: text + end)
            if end.hasPrefix("}"), !end.hasSuffix("}}") {
                #expect(try MessageDocument(line: line).queueID == document.queueID)
            } else {
                #expect(throws: DecodingError.self) { try MessageDocument(line: line) }
            }
        }
    }

    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    @Test("Route, stream, user and the reason of a hold are those of the most telling recipient")
    func places() {
        let message = Self.message(1, Self.recipient("a@b.example"), Self.recipient("b@bulk.example", .inDoubt))
        let document = MessageDocument(message, places: Self.places)
        #expect(document.state == "in_doubt")
        #expect(document.route == "bulk" && document.stream == "bulk" && document.user == nil)
        #expect(document.recipients.map(\.route) == ["default", "bulk"])
        let held = Recipient(address: Address(unchecked: "a@b.example"), state: .held, holdReason: .operator)
        let shop = MessageDocument(Self.message(2, user: "shop", held))
        #expect(shop.stream == "shop" && shop.user == "shop" && shop.route == "default")
        #expect(shop.holdReason == "operator")
    }

    @Test(
        "an empty value is refused, and does not match every message",
        arguments: ["sender", "recipient", "domain", "upstream", "route", "stream", "user", "last_reply", "state"])
    func emptyValue(name: String) {
        #expect(throws: AdminError.self) { try QueueFilter(query: [(name, "")]) }
    }

}
