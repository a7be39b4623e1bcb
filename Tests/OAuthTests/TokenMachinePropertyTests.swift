import Mail
import TestKit
import Testing
import Upstreams

@testable import OAuth

@Suite("Whatever happens to tokens")
struct TokenMachinePropertyTests {
    /// Logins, refusals, answers and time in any order, beside what must be so.
    private struct Course {
        var random: SeededGenerator
        var machine = TokenMachine()
        var now = MonotonicInstant.start
        var isRequesting = false
        /// When each token that was given expires.
        var lives: [BearerToken: MonotonicInstant] = [:]
        var grants = 0
        var requests: [MonotonicInstant] = []
        /// Until when the endpoint is to be left alone, unless a token is refused meanwhile.
        var quietUntil = MonotonicInstant.start
        /// Until when a login may be refused because of the last failure.
        var refusedUntil = MonotonicInstant.start
        var problems: [String] = []

        init(seed: UInt64) { random = SeededGenerator(seed: seed) }

        mutating func step() {
            switch Int.random(in: 0..<11, using: &random) {
            case 0..<3: logIn()
            case 3..<5: pass(.milliseconds(Int64.random(in: 0...400_000, using: &random)))
            case 5: if let next = machine.deadline, next > now { pass(next - now) }
            case 6: refuse()
            case 7: if machine.askAgain(now: now) { begin(isForced: true) }
            default: answer()
            }
            if machine.deadlineReached(now: now) { begin(isForced: false) }
            check(machine.isRequesting == isRequesting, "a request is forgotten")
            check(isRequesting || machine.deadline != nil || grants == 0 && requests.isEmpty, "nothing is due any more")
        }

        private mutating func check(_ isTrue: Bool, _ problem: String) {
            if !isTrue { problems.append("\(problem) at \(now.nanoseconds / 1_000_000) ms") }
        }

        private mutating func pass(_ time: Duration) { now = now + time }

        private mutating func begin(isForced: Bool) {
            check(!isRequesting, "two requests beside each other")
            check(isForced || now >= quietUntil, "the endpoint is not left alone")
            isRequesting = true
            requests.append(now)
        }

        private mutating func logIn() {
            switch machine.tokenWanted(now: now) {
            case .use(let token): check(lives[token].map { now < $0 } ?? false, "a token is used after its end")
            case .fetch: begin(isForced: false)
            case .wait: check(isRequesting, "a login waits for nothing")
            case .refused: check(!isRequesting && now < refusedUntil, "a login is refused without need")
            }
        }

        private mutating func refuse() {
            guard
                let token = lives.keys.sorted(by: { $0.octets.lexicographicallyPrecedes($1.octets) })
                    .randomElement(using: &random)
            else { return }
            switch machine.rejected(token, now: now) {
            case .fetch: begin(isForced: true)
            case .tryAgain, .giveUp: break
            }
        }

        private mutating func answer() {
            guard isRequesting else { return }
            isRequesting = false
            let jitter = Double.random(in: -1...1, using: &random)
            guard Bool.random(using: &random) else {
                machine.failed(.sample(), now: now, jitter: jitter)
                quietUntil = now + .milliseconds(800)
                refusedUntil = now + .seconds(72)
                return
            }
            grants += 1
            let life = Int64.random(in: 1...7200, using: &random)
            let token = BearerToken.named("t\(grants)")
            lives[token] = now + .seconds(life)
            machine.granted(TokenGrant(token, lifetime: .seconds(life)), now: now, jitter: jitter)
            quietUntil = now
        }
    }

    @Test("One request at a time, no token beyond its end, no endpoint asked in haste", arguments: UInt64(1)...200)
    func course(seed: UInt64) {
        var course = Course(seed: seed)
        for _ in 0..<400 { course.step() }
        #expect(course.problems.isEmpty, "seed \(seed)")
        #expect(course.requests.count > 10, "seed \(seed)")
    }

    @Test("An upstream that refuses every token leads to two requests a minute at most", arguments: UInt64(1)...20)
    func refusals(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = TokenMachine()
        var (now, requests, number) = (MonotonicInstant.start, 0, 0)
        while now < .at(3000) {
            switch machine.tokenWanted(now: now) {
            case .use(let token): if machine.rejected(token, now: now) == .fetch { requests += 1 }
            case .fetch: requests += 1
            case .wait, .refused: break
            }
            if machine.isRequesting {
                number += 1
                machine.granted(.sample("t\(number)"), now: now, jitter: 0)
            }
            now = now + .milliseconds(Int64.random(in: 1...2000, using: &random))
        }
        #expect(requests <= 51, "seed \(seed)")
    }
}
