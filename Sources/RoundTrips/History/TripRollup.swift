/// What is counted of probes.
package enum TripCount: String, Hashable, Sendable, CaseIterable {
    case sent
    /// Before they were lost, the late ones included.
    case arrived
    case late
    case missing
    /// The upstream did not take them.
    case failed
    /// Nobody can tell, because of the mailbox.
    case unjudged
    /// Of those that arrived.
    case junk
    case otherFolder = "other_folder"
    /// Further copies.
    case doubled
    /// Arrived after they were counted as missing, failed or unjudged.
    case returned
    /// Of those that arrived: what the mailbox provider says of their authenticity, and where it says anything else.
    case spfPass = "spf_pass"
    case spfOther = "spf_other"
    case dkimPass = "dkim_pass"
    case dkimOther = "dkim_other"
    case dmarcPass = "dmarc_pass"
    case dmarcOther = "dmarc_other"
}

/// How a mailbox provider finds out whose mail it is.
package enum TripMethod: String, Hashable, Sendable, CaseIterable {
    case spf, dkim, dmarc

    var pass: TripCount {
        switch self {
        case .spf: .spfPass
        case .dkim: .dkimPass
        case .dmarc: .dmarcPass
        }
    }

    var other: TripCount {
        switch self {
        case .spf: .spfOther
        case .dkim: .dkimOther
        case .dmarc: .dmarcOther
        }
    }
}

extension AuthenticationResults {
    subscript(method: TripMethod) -> Result? {
        switch method {
        case .spf: spf
        case .dkim: dkim
        case .dmarc: dmarc
        }
    }
}

/// The probes of one path that were sent in a minute, an hour, a day, or any other time.
package struct TripRollup: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: TripCount.allCases.count)
    private var histograms: [TripStage: TripHistogram] = [:]

    package init() {}

    package subscript(count: TripCount) -> Int { counts[Self.place(of: count)] }

    package func histogram(_ stage: TripStage) -> TripHistogram { histograms[stage] ?? TripHistogram() }

    /// Arrived before they were lost, of all that have a verdict, 0 to 1; nil if none has one.
    ///
    /// Those that nobody can tell of are not among them: a fault of the mailbox is not the upstream's.
    package var availability: Double? {
        Self.share(self[.arrived], of: self[.arrived] + self[.missing] + self[.failed])
    }

    /// Part of those that arrived, 0 to 1; nil without any.
    package func share(_ folder: TripFolder) -> Double? {
        let arrived = self[.arrived]
        return switch folder {
        case .inbox: Self.share(arrived - self[.junk] - self[.otherFolder], of: arrived)
        case .junk: Self.share(self[.junk], of: arrived)
        case .other: Self.share(self[.otherFolder], of: arrived)
        }
    }

    /// Part that passes of those that the provider has said something about, 0 to 1; nil without any.
    package func share(passing method: TripMethod) -> Double? {
        Self.share(self[method.pass], of: self[method.pass] + self[method.other])
    }

    private static func share(_ part: Int, of all: Int) -> Double? { all > 0 ? Double(part) / Double(all) : nil }

    package mutating func add(_ kind: TripFact.Kind) {
        switch kind {
        case .sent: add(1, to: .sent)
        case .arrived(let arrival): add(arrival)
        case .missing: add(1, to: .missing)
        case .failed: add(1, to: .failed)
        case .unjudged: add(1, to: .unjudged)
        case .excused:
            add(-1, to: .missing)
            add(1, to: .unjudged)
        case .returned: add(1, to: .returned)
        case .doubled: add(1, to: .doubled)
        }
    }

    private mutating func add(_ arrival: TripArrival) {
        add(1, to: .arrived)
        if arrival.isLate { add(1, to: .late) }
        switch arrival.folder {
        case .inbox: break
        case .junk: add(1, to: .junk)
        case .other: add(1, to: .otherFolder)
        }
        for method in TripMethod.allCases {
            guard let result = arrival.authentication?[method] else { continue }
            add(1, to: result == .pass ? method.pass : method.other)
        }
        for (stage, duration) in arrival.times.stages { histograms[stage, default: TripHistogram()].add(duration) }
    }

    package mutating func merge(_ other: TripRollup) {
        for count in TripCount.allCases { add(other[count], to: count) }
        for (stage, histogram) in other.histograms { histograms[stage, default: TripHistogram()].merge(histogram) }
    }

    private mutating func add(_ number: Int, to count: TripCount) {
        counts[Self.place(of: count)] = max(0, self[count] + number)
    }

    private static func place(of count: TripCount) -> Int {
        switch count {
        case .sent: 0
        case .arrived: 1
        case .late: 2
        case .missing: 3
        case .failed: 4
        case .unjudged: 5
        case .junk: 6
        case .otherFolder: 7
        case .doubled: 8
        case .returned: 9
        case .spfPass: 10
        case .spfOther: 11
        case .dkimPass: 12
        case .dkimOther: 13
        case .dmarcPass: 14
        case .dmarcOther: 15
        }
    }
}

// MARK: - On disk

extension TripRollup {
    /// A bit for each count that is not zero, and these counts; a bit for each stage, and these histograms.
    var octets: [UInt8] {
        var writer = TripRecordWriter()
        writer.put(counts.enumerated().reduce(0) { $0 | ($1.element > 0 ? 1 << $1.offset : 0) })
        for count in counts where count > 0 { writer.put(count) }
        let stages = TripStage.allCases.enumerated().filter { histograms[$0.element] != nil }
        writer.put(stages.reduce(0) { $0 | 1 << $1.offset })
        for (_, stage) in stages { histograms[stage]?.encode(to: &writer) }
        return writer.octets
    }

    init(_ octets: ArraySlice<UInt8>) throws(TripRecordFault) {
        var reader = TripRecordReader(octets)
        let set = try reader.count(upTo: 1 << TripCount.allCases.count - 1)
        for place in counts.indices where set >> place & 1 == 1 {
            counts[place] = try reader.count(upTo: Int(UInt32.max))
            guard counts[place] > 0 else { throw TripRecordFault() }
        }
        let stages = try reader.count(upTo: 1 << TripStage.allCases.count - 1)
        for (place, stage) in TripStage.allCases.enumerated() where stages >> place & 1 == 1 {
            histograms[stage] = try TripHistogram(&reader)
        }
        let parts =
            [self[.late], self[.junk] + self[.otherFolder]] + TripMethod.allCases.map { self[$0.pass] + self[$0.other] }
        guard reader.isAtEnd, parts.allSatisfy({ $0 <= self[.arrived] }) else { throw TripRecordFault() }
    }
}
