internal import Mail
internal import NIOCore

/// How much of a rate is in use: what was taken, less what has drained since.
///
/// The whole rate may be taken in one burst. Unconditional takes may exceed it: then the debt must drain first, so that
/// the rate holds in the long run.
struct TokenBucket: Hashable, Sendable {
    private var level = 0.0
    private var moment = NIODeadline.uptimeNanoseconds(0)

    /// Amount of the rate in use now, which is also what must drain before everything is free.
    func used(of rate: Rate, at now: NIODeadline) -> Double {
        let elapsed = Double(max(0, (now - moment).nanoseconds))
        return max(0, level - elapsed * Double(rate.count) / rate.nanoseconds)
    }

    /// Time until there is room for this amount; nil if there is room now. An amount above the whole rate is admitted
    /// when nothing is in use, because otherwise it never would be.
    func wait(for amount: Int, of rate: Rate, at now: NIODeadline) -> Duration? {
        let used = used(of: rate, at: now)
        let excess = min(used + Double(amount) - Double(rate.count), used)
        // Less than a thousandth is a rounding error of the sums.
        guard excess > 0.001 else { return nil }
        return .nanoseconds(Int64(excess * rate.nanoseconds / Double(rate.count)))
    }

    /// Amount that could be taken now without a debt.
    func room(in rate: Rate, at now: NIODeadline) -> Int {
        max(0, Int(Double(rate.count) - used(of: rate, at: now) + 0.001))
    }

    mutating func take(_ amount: Int, of rate: Rate, at now: NIODeadline) {
        level = used(of: rate, at: now) + Double(amount)
        moment = now
    }
}

extension Rate {
    fileprivate var nanoseconds: Double { per / .nanoseconds(1) }
}
