import Mail
import Testing
import Upstreams

@testable import OAuth

@Suite("When a token is asked for, used, renewed and given up")
struct TokenMachineTests {
    /// With a token of an hour since the start.
    private func holding(_ seconds: Int64 = 3600) -> TokenMachine {
        var machine = TokenMachine()
        _ = machine.tokenWanted(now: .start)
        machine.granted(.sample("one", seconds), now: .start, jitter: 0)
        return machine
    }

    @Test("The first login asks, others wait for the same request, and all use its token")
    func first() {
        var machine = TokenMachine()
        #expect(machine.stage(now: .start) == .none && machine.deadline == nil)
        let answers = (0..<3).map { _ in machine.tokenWanted(now: .start) }
        #expect(answers == [.fetch, .wait, .wait])
        #expect(machine.stage(now: .start) == .fetching)
        machine.granted(.sample(), now: .at(1), jitter: 0)
        #expect(machine.tokenWanted(now: .at(1)) == .use(.named("one")))
        #expect(machine.expires == .at(3601))
    }

    @Test("A token is renewed after three quarters of its life, more or less, while it is used")
    func renewal() {
        for (jitter, due) in [(-1.0, 2520.0), (0, 2700), (1, 2880)] {
            var machine = TokenMachine()
            _ = machine.tokenWanted(now: .start)
            machine.granted(.sample(), now: .start, jitter: jitter)
            #expect(machine.deadline == .at(due))
            #expect(machine.deadlineReached(now: .at(due - 1)) == false)
            #expect(machine.deadlineReached(now: .at(due)) == true)
            #expect(machine.deadline == nil && machine.isRequesting)
            #expect(machine.tokenWanted(now: .at(due)) == .use(.named("one")))
            machine.granted(.sample("two"), now: .at(due + 1), jitter: 0)
            #expect(machine.tokenWanted(now: .at(due + 1)) == .use(.named("two")))
        }
    }

    @Test("A failed renewal costs nothing while the token is valid, and afterwards its error is told")
    func failedRenewal() {
        var machine = holding()
        #expect(machine.deadlineReached(now: .at(2700)) == true)
        machine.failed(.sample("down"), now: .at(2701), jitter: 0)
        #expect(machine.deadline == .at(2702) && machine.lastError?.message == "down")
        #expect(machine.tokenWanted(now: .at(2701)) == .use(.named("one")))
        #expect(machine.deadlineReached(now: .at(3539)) == true)
        machine.failed(.sample("still down"), now: .at(3539), jitter: 0)
        #expect(machine.tokenWanted(now: .at(3539.5)) == .use(.named("one")))
        #expect(machine.tokenWanted(now: .at(3540)) == .refused(TokenError(.unavailable, "still down")))
        #expect(machine.stage(now: .at(3540)) == .refused && machine.expires == nil)
    }

    @Test("A token that expires during its renewal is waited for")
    func expiresMeanwhile() {
        var machine = holding()
        #expect(machine.deadlineReached(now: .at(3000)) == true)
        #expect(machine.tokenWanted(now: .at(3540)) == .wait)
        machine.granted(.sample("two"), now: .at(3541), jitter: 0)
        #expect(machine.tokenWanted(now: .at(3541)) == .use(.named("two")))
    }

    @Test("A token that has expired in a long sleep is forgotten")
    func sleep() {
        var machine = holding()
        #expect(machine.stage(now: .at(9000)) == .none)
        #expect(machine.tokenWanted(now: .at(9000)) == .fetch)
        var other = holding()
        #expect(other.deadlineReached(now: .at(9000)) == true)
    }

    @Test("Of a short life the last tenth is not used")
    func shortLife() {
        var machine = holding(100)
        #expect(machine.deadline == .at(75))
        #expect(machine.tokenWanted(now: .at(89.9)) == .use(.named("one")))
        #expect(machine.tokenWanted(now: .at(90)) == .fetch)
    }

    @Test("After failures the endpoint is left alone, for a minute at most, and logins hear the reason at once")
    func backoff() {
        var machine = TokenMachine()
        var now = MonotonicInstant.start
        for pause: Int64 in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(machine.tokenWanted(now: now) == .fetch)
            machine.failed(.sample("down"), now: now, jitter: 0)
            #expect(machine.deadline == now + .seconds(pause))
            #expect(machine.tokenWanted(now: now) == .refused(TokenError(.unavailable, "down")))
            #expect(machine.deadlineReached(now: now + .milliseconds(pause * 1000 - 1)) == false)
            now = now + .seconds(pause)
        }
        #expect(machine.deadlineReached(now: now) == true)
    }

    @Test("Retry-After is honoured, for ten minutes at most")
    func retryAfter() {
        for (wish, pause): (Int64, Int64) in [(0, 1), (30, 30), (86_400, 600)] {
            var machine = TokenMachine()
            _ = machine.tokenWanted(now: .start)
            machine.failed(.sample(retryAfter: .seconds(wish)), now: .start, jitter: 0)
            #expect(machine.deadline == .start + .seconds(pause))
        }
    }

    @Test("A refused token is given up once a minute: other logins take the new one, and a second refusal stands")
    func rejected() {
        var machine = holding()
        #expect(machine.rejected(.named("one"), now: .at(100)) == .fetch)
        #expect(machine.rejected(.named("one"), now: .at(100)) == .tryAgain)
        #expect(machine.tokenWanted(now: .at(100)) == .wait)
        machine.granted(.sample("two"), now: .at(101), jitter: 0)
        #expect(machine.rejected(.named("one"), now: .at(101)) == .tryAgain)
        #expect(machine.rejected(.named("two"), now: .at(102)) == .giveUp)
        #expect(machine.tokenWanted(now: .at(102)) == .use(.named("two")))
        #expect(machine.rejected(.named("two"), now: .at(160)) == .fetch)
    }

    @Test("A token that is refused during its renewal is given up, and there is no second request")
    func rejectedMeanwhile() {
        var machine = holding()
        #expect(machine.deadlineReached(now: .at(3000)) == true)
        #expect(machine.rejected(.named("one"), now: .at(3000)) == .tryAgain)
        #expect(machine.tokenWanted(now: .at(3000)) == .wait)
    }

    @Test("Without a token there is nothing to give up")
    func rejectedWithoutToken() {
        var machine = holding()
        _ = machine.rejected(.named("one"), now: .at(100))
        machine.failed(.sample(), now: .at(101), jitter: 0)
        #expect(machine.rejected(.named("one"), now: .at(101)) == .giveUp)
    }

    @Test("A refresh token that is not on disk is tried again within seconds, and the access token is used meanwhile")
    func unsaved() {
        var machine = TokenMachine()
        _ = machine.tokenWanted(now: .start)
        machine.granted(.sample(unsaved: TokenError(.unsaved, "full")), now: .start, jitter: 0)
        #expect(machine.deadline == .at(10) && machine.lastError?.code == .unsaved)
        #expect(machine.tokenWanted(now: .at(5)) == .use(.named("one")))
    }

    // MARK: - Operators

    @Test("By order of an operator, what has failed is asked for at once")
    func askedAgain() {
        var machine = TokenMachine()
        #expect(machine.askAgain(now: .start) == false && machine.deadline == nil)
        _ = machine.tokenWanted(now: .start)
        #expect(machine.askAgain(now: .start) == false)
        machine.failed(.sample(retryAfter: .seconds(600)), now: .start, jitter: 0)
        #expect(machine.askAgain(now: .at(1)) == true)
        #expect(machine.tokenWanted(now: .at(1)) == .wait && machine.askAgain(now: .at(1)) == false)
        machine.granted(.sample(), now: .at(2), jitter: 0)
        // All is well: nothing is asked.
        #expect(machine.askAgain(now: .at(2)) == false && machine.deadline == .at(2702))
    }

    @Test("So is a renewal that has failed, and meanwhile the token is used")
    func renewedAgain() {
        var machine = holding()
        _ = machine.deadlineReached(now: .at(2700))
        machine.failed(.sample(), now: .at(2701), jitter: 0)
        #expect(machine.askAgain(now: .at(2701)) == true)
        #expect(machine.isRequesting && machine.tokenWanted(now: .at(2701)) == .use(.named("one")))
    }

    @Test("After it, a token that the upstream refuses is given up, however short ago that happened")
    func refusedAgain() {
        var machine = holding()
        _ = machine.rejected(.named("one"), now: .at(100))
        machine.granted(.sample("two"), now: .at(101), jitter: 0)
        #expect(machine.rejected(.named("two"), now: .at(102)) == .giveUp)
        #expect(machine.askAgain(now: .at(103)) == false)
        #expect(machine.rejected(.named("two"), now: .at(104)) == .fetch)
    }
}
