import Mail
import NIOCore
import Testing

@testable import Ingress

@Suite("Token bucket")
struct TokenBucketTests {
    private let rate = Rate(count: 60, per: .seconds(60))
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("the whole rate may arrive at once, then one per interval")
    func burst() {
        var bucket = TokenBucket()
        for _ in 0..<60 {
            #expect(bucket.wait(for: 1, of: rate, at: start) == nil)
            bucket.take(1, of: rate, at: start)
        }
        #expect(bucket.room(in: rate, at: start) == 0)
        #expect(bucket.wait(for: 1, of: rate, at: start) == .seconds(1))
        #expect(bucket.wait(for: 1, of: rate, at: start + .milliseconds(900)) != nil)
        #expect(bucket.wait(for: 1, of: rate, at: start + .seconds(1)) == nil)
        #expect(bucket.room(in: rate, at: start + .seconds(30)) == 30)
        #expect(bucket.room(in: rate, at: start + .hours(1)) == 60)
    }

    @Test("more than the whole rate is admitted when nothing is in use, and paid for afterwards")
    func debt() {
        var bucket = TokenBucket()
        #expect(bucket.wait(for: 180, of: rate, at: start) == nil)
        bucket.take(180, of: rate, at: start)
        #expect(bucket.wait(for: 1, of: rate, at: start) == .seconds(121))
        #expect(bucket.wait(for: 180, of: rate, at: start) == .seconds(180))
        #expect(bucket.wait(for: 1, of: rate, at: start + .seconds(121)) == nil)
    }

    @Test("in the long run exactly the rate gets through")
    func longRun() {
        let rate = Rate(count: 7, per: .seconds(3))
        var (bucket, now, taken) = (TokenBucket(), start, 0)
        while now < start + .hours(1) {
            if bucket.wait(for: 1, of: rate, at: now) == nil {
                bucket.take(1, of: rate, at: now)
                taken += 1
            }
            now = now + .milliseconds(17)
        }
        #expect((8300...8407).contains(taken))
    }

    @Test("large numbers of octets are counted exactly")
    func octets() {
        let rate = Rate(count: 1 << 40, per: .seconds(86_400))
        var bucket = TokenBucket()
        bucket.take(1 << 40, of: rate, at: start)
        let wait = bucket.wait(for: 1 << 20, of: rate, at: start)
        #expect(wait.map { abs(($0 - .milliseconds(82)) / .milliseconds(1)) < 1 } == true)
    }
}
