package import Mail

/// A probe without a verdict, to be kept over a restart. Times are those of the system's clock.
package struct ProbeRecord: Hashable, Sendable {
    package let path: TripPath
    package let number: UInt64
    package let sentAt: Timestamp
    package let acceptedAt: Timestamp
    package let handedOverAt: Timestamp?
    package let tookAt: Timestamp?
    package let upstream: String?

    init(_ probe: ProbeUnderWay, _ path: TripPath, _ now: TripMoment) {
        self.path = path
        (number, sentAt, upstream) = (probe.number, probe.sentAt, probe.upstream)
        acceptedAt = now.wall(of: probe.acceptedAt)
        handedOverAt = probe.handedOverAt.map(now.wall(of:))
        tookAt = probe.tookAt.map(now.wall(of:))
    }

    func underWay(_ now: TripMoment) -> ProbeUnderWay {
        // A clock that was set back meanwhile makes no probe younger than now.
        func steady(_ wall: Timestamp) -> Timestamp { min(now.steady(of: wall), now.steady) }
        return ProbeUnderWay(
            number: number, sentAt: sentAt, acceptedAt: steady(acceptedAt), handedOverAt: handedOverAt.map(steady),
            tookAt: tookAt.map(steady), upstream: upstream)
    }
}

// MARK: - On disk

extension ProbeRecord {
    func put(to writer: inout TripRecordWriter) {
        writer.put(path)
        writer.put(number)
        writer.put(signed: sentAt.milliseconds)
        writer.put(signed: acceptedAt.milliseconds)
        writer.put(optional: handedOverAt)
        writer.put(optional: tookAt)
        writer.put(optional: upstream)
    }

    init(_ reader: inout TripRecordReader) throws(TripRecordFault) {
        path = try reader.path()
        number = try reader.number()
        sentAt = try reader.moment()
        acceptedAt = try reader.moment()
        handedOverAt = try reader.optionalMoment()
        tookAt = try reader.optionalMoment()
        upstream = try reader.optionalText(upTo: 1024)
    }
}
