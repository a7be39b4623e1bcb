/// The ways of a server that works well: none of them is a failure.
struct Habits {
    /// A limit on sessions, and what the server says beyond it.
    struct Limit {
        var count: Int
        /// Where it is told; a session in use is told at MAIL.
        var phase = Weather.Phase.mail
        /// Nil for a close without a word.
        var reply: String?
        var closes = false
    }

    /// What is wrong with one of the addresses of its name.
    enum Sickness: CaseIterable {
        case refuses, ignores, closes, mute, turnsAway
    }

    /// It ends each session that has had as many messages, behind the last reply.
    var closing: Limit?
    /// It takes no more messages in a session that has had as many.
    var perSession: Limit?
    /// It refuses sessions beyond as many open ones.
    var atATime: Limit?
    /// Its verdict on content of more octets, which it does not wait for the end of.
    var contentLimit: (octets: Int, reply: String)?
    /// Its replies look unusual.
    var isOdd = false
    /// It wants content for no recipient, and does not always answer the empty message that it gets.
    var wantsContentForNobody = false
    /// Only the first of commands that arrive together is read.
    var dropsPipelined = false
    /// It refuses AUTH PLAIN, which it offers beside LOGIN.
    var refusesPlain = false
    /// Its greeting takes as long.
    var greeting = Duration.zero
    /// Addresses of its name that do not work, before the one that does.
    var sick: [Sickness] = []

    /// Whether sessions end early, or cannot all be had at a time.
    var limitsSessions: Bool { closing != nil || perSession != nil || atATime != nil }

    /// Whether there are none.
    var areNone: Bool {
        !limitsSessions && contentLimit == nil && !isOdd && !wantsContentForNobody && !dropsPipelined && !refusesPlain
            && greeting == .zero && sick.isEmpty
    }

    static let usedUp = [
        "451 4.4.2 Timeout waiting for data from client", "451 4.7.0 Too many messages in this session, reconnect",
        "452 4.3.2 Session limit reached", "452 4.5.3 Too many recipients: Too many messages sent",
    ]
    static let crowded = [
        "421 4.7.0 Too many concurrent connections", "451 4.7.0 Too many simultaneous connections",
        "421 4.3.2 Too many connections from your host",
    ]
    static let tooLarge = ["552 5.3.4 message too large", "554 5.3.4 message size exceeds the limit"]
}

extension Habits {
    init(_ chance: Chance) {
        for _ in 0..<chance.number(1...2) { add(chance) }
    }

    private mutating func add(_ chance: Chance) {
        switch chance.number(0...9) {
        case 0, 1:
            let replies = [nil, "421 4.3.0 Enough", "421 4.7.0 Too many messages in this session"]
            closing = Limit(count: chance.one(of: [1, 1, 1, 2, 5]), reply: chance.one(of: replies))
        case 2:
            perSession = Limit(
                count: chance.number(1...4), reply: chance.one(of: Self.usedUp), closes: chance.percent(50))
        case 3, 4:
            let phase = chance.one(of: [Weather.Phase.banner, .banner, .ehlo, .mail])
            atATime = Limit(
                count: chance.number(1...3), phase: phase,
                reply: phase == .mail ? chance.one(of: Self.crowded) : Self.crowded[0],
                closes: phase != .mail || chance.percent(50))
        case 5: contentLimit = (chance.one(of: [2_000, 20_000, 100_000]), chance.one(of: Self.tooLarge))
        case 6:
            isOdd = chance.percent(50)
            wantsContentForNobody = !isOdd || chance.percent(50)
        case 7: dropsPipelined = true
        case 8: refusesPlain = true
        default:
            if chance.percent(50) {
                greeting = chance.seconds(1...4)
            } else {
                sick = (0..<chance.number(1...3)).map { _ in chance.one(of: Sickness.allCases) }
            }
        }
    }
}

extension String {
    /// The same reply as an odd server writes it.
    func written(oddly chance: Chance) -> String {
        guard !contains("\r\n"), let code = UInt16(prefix(3)) else { return self }
        let rest = dropFirst(min(4, count))
        // What a refusal says must be understood.
        switch chance.number(code < 400 ? 0...6 : 2...6) {
        case 0: return "\(code)\(rest.isEmpty ? "" : "OK")"
        case 1: return "\(code)"
        case 2: return "\(code)-one\r\n\r\n\(code) \(rest)"
        case 3: return "\r\n\(self)"
        case 4: return "\(code)\t\(rest)"
        case 5: return "\(code == 250 ? 354 : code == 354 ? 250 : code)-hm\r\n\(self)"
        default: return self
        }
    }

    /// The code that counts: that of the last line.
    var replyCode: UInt16? { split(separator: "\r\n").last.flatMap { UInt16($0.prefix(3)) } }
}
