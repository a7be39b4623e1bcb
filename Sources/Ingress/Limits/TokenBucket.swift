internal import Mail
internal import NIOCore

/// How much of a rate is used up: what was taken, less what has flown off since.
///
/// As much as the whole rate may be taken at once. What is taken without asking may exceed it: then the debt has to flow
/// off first, so that the rate holds in the long run.
struct TokenBucket: Hashable, Sendable {
    private var level = 0.0
    private var moment = NIODeadline.uptimeNanoseconds(0)

    /// What of the rate is used up now; at most so much must flow off before everything is free.
    func used(of rate: Rate, at now: NIODeadline) -> Double {
        let elapsed = Double(max(0, (now - moment).nanoseconds))
        return max(0, level - elapsed * Double(rate.count) / rate.nanoseconds)
    }

    /// How long to wait until there is room for so much; nil where there is room now. More than the whole rate is let
    /// in when nothing is used, since it would never be otherwise.
    func wait(for amount: Int, of rate: Rate, at now: NIODeadline) -> Duration? {
        let used = used(of: rate, at: now)
        let excess = min(used + Double(amount) - Double(rate.count), used)
        // Less than a thousandth is the rounding of the sums.
        guard excess > 0.001 else { return nil }
        return .nanoseconds(Int64(excess * rate.nanoseconds / Double(rate.count)))
    }

    /// What could be taken now without a debt.
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
