internal import Mail

/// Durations by size, in eight buckets for each power of two: exact to the millisecond below 16 ms, within a sixteenth
/// (6.25 %) above. Any number of them takes at most a few hundred octets, and histograms of parts add up to that of the
/// whole.
package struct TripHistogram: Hashable, Sendable {
    /// How far a percentile may be from the duration that it stands for, relative to that.
    package static let relativeError = 1.0 / 16
    /// 24.8 days, in milliseconds; longer ones count as this.
    package static let longest: Int64 = 1 << 31 - 1
    private static let exact = 16
    private static let bucketLimit = 232

    private struct Bucket: Hashable {
        let index: Int
        var count: Int
    }

    /// In order, none empty.
    private var buckets: [Bucket] = []
    /// In milliseconds.
    private var sum: Int64 = 0
    private var greatest: Int64 = 0

    package init() {}

    package var count: Int { buckets.reduce(0) { $0 + $1.count } }
    package var max: Duration? { buckets.isEmpty ? nil : .milliseconds(greatest) }
    package var mean: Duration? { buckets.isEmpty ? nil : .milliseconds(sum / Int64(count)) }

    /// - Parameter duration: a negative one counts as zero.
    package mutating func add(_ duration: Duration) {
        let value = Swift.min(Swift.max(0, duration.wholeMilliseconds), Self.longest)
        add(1, at: Self.index(of: value))
        sum += value
        greatest = Swift.max(greatest, value)
    }

    package mutating func merge(_ other: TripHistogram) {
        for bucket in other.buckets { add(bucket.count, at: bucket.index) }
        sum = Int64(clamping: Int128(sum) + Int128(other.sum))
        greatest = Swift.max(greatest, other.greatest)
    }

    /// The least duration that this part of all, 0 to 1, does not exceed (nearest rank); nil without any.
    package func percentile(_ part: Double) -> Duration? {
        let count = count
        guard count > 0 else { return nil }
        let rank = Swift.min(count, Swift.max(1, Int((part * Double(count)).rounded(.up))))
        var seen = 0
        for bucket in buckets {
            seen += bucket.count
            if seen >= rank { return .milliseconds(Swift.min(Self.value(of: bucket.index), greatest)) }
        }
        return nil
    }

    private mutating func add(_ count: Int, at index: Int) {
        let place = buckets.firstIndex { $0.index >= index } ?? buckets.endIndex
        if place < buckets.endIndex, buckets[place].index == index {
            buckets[place].count += count
        } else {
            buckets.insert(Bucket(index: index, count: count), at: place)
        }
    }

    private static func index(of value: Int64) -> Int {
        guard value >= exact else { return Int(value) }
        let shift = 60 - value.leadingZeroBitCount
        return exact + (shift - 1) * 8 + Int(value >> Int64(shift)) - 8
    }

    /// The middle of a bucket.
    private static func value(of index: Int) -> Int64 {
        guard index >= exact else { return Int64(index) }
        let (shift, part) = ((index - exact) / 8 + 1, (index - exact) % 8 + 8)
        return Int64(part) << Int64(shift) + ((1 << Int64(shift)) - 1) / 2
    }
}

// MARK: - On disk

extension TripHistogram {
    /// Sum, greatest, number of runs; for each run of buckets without a gap the gap before it, its length and its
    /// counts.
    func encode(to writer: inout TripRecordWriter) {
        writer.put(UInt64(sum))
        writer.put(UInt64(greatest))
        let runs = runs
        writer.put(runs.count)
        var end = 0
        for run in runs {
            writer.put(run[0].index - end)
            writer.put(run.count)
            for bucket in run { writer.put(bucket.count) }
            end = run[run.count - 1].index + 1
        }
    }

    private var runs: [[Bucket]] {
        buckets.reduce(into: []) { runs, bucket in
            if let last = runs.last?.last, last.index + 1 == bucket.index {
                runs[runs.count - 1].append(bucket)
            } else {
                runs.append([bucket])
            }
        }
    }

    init(_ reader: inout TripRecordReader) throws(TripRecordFault) {
        sum = Int64(try reader.count())
        greatest = Int64(try reader.count(upTo: Int(Self.longest)))
        var index = 0
        for run in 0..<(try reader.count(upTo: Self.bucketLimit)) {
            let gap = try reader.count(upTo: Self.bucketLimit)
            let length = try reader.count(upTo: Self.bucketLimit)
            index += gap
            guard run == 0 || gap > 0, length > 0, index + length <= Self.bucketLimit else { throw TripRecordFault() }
            for _ in 0..<length {
                let count = try reader.count(upTo: Int(UInt32.max))
                guard count > 0 else { throw TripRecordFault() }
                buckets.append(Bucket(index: index, count: count))
                index += 1
            }
        }
        let last = buckets.last.map(\.index)
        guard last == (last == nil ? nil : Self.index(of: greatest)), last != nil || (sum == 0 && greatest == 0) else {
            throw TripRecordFault()
        }
    }
}
