internal import FoundationEssentials
internal import Mail

/// Contents of `alerts.json`: how the alerts stand, silences, and what has not been told yet. Times are those of the steady
/// clock.
package struct AlertFile: Sendable {
    package static let version = 1

    package var memory: AlertMemory
    package var outbox: AlertOutbox

    package init(_ memory: AlertMemory, _ outbox: AlertOutbox) {
        (self.memory, self.outbox) = (memory, outbox)
    }

    /// - Throws: what is wrong with the octets.
    package init(octets: [UInt8]) throws {
        let form = try JSONDecoder().decode(Form.self, from: Data(octets))
        guard form.version == Self.version else { throw AlertFileError(version: form.version) }
        memory = form.memory
        outbox = AlertOutbox(waiting: form.waiting.map(\.entry))
    }

    /// One line, with its end.
    package func octets() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(Form(self))) + [UInt8(ascii: "\n")]
    }
}

/// A file of another version than this one.
struct AlertFileError: Error, CustomStringConvertible {
    let version: Int
    var description: String { "it has version \(version), not \(AlertFile.version)" }
}

// MARK: - As written

private struct Form: Codable {
    var version: Int
    var alerts: [Alert]
    var silences: [String: Silence]
    var routes: [String: Trail]
    var waiting: [Waiting]

    init(_ file: AlertFile) {
        version = AlertFile.version
        alerts = file.memory.entries.map(Alert.init)
        silences = file.memory.silences.mapValues(Silence.init)
        routes = file.memory.trails.mapValues(Trail.init)
        waiting = file.outbox.waiting.map { Waiting($0, isUnderWay: file.outbox.isUnderWay($0)) }
    }

    var memory: AlertMemory {
        var memory = AlertMemory()
        memory.entries = alerts.map(\.entry)
        memory.silences = silences.mapValues(\.silence)
        memory.trails = routes.mapValues(\.trail)
        return memory
    }
}

private struct Alert: Codable {
    var name: String
    var when: AlertKind
    var severity: AlertSeverity
    var notify: [String]
    var told_at: StoredMoment?
    var subjects: [String: Standing]

    init(_ entry: AlertMemory.Entry) {
        (name, when, severity, notify) = (entry.name, entry.kind, entry.severity, entry.notify)
        told_at = entry.toldAt.map(StoredMoment.init)
        subjects = entry.standings.mapValues(Standing.init)
    }

    var entry: AlertMemory.Entry {
        AlertMemory.Entry(
            name: name, kind: when, severity: severity, notify: notify, toldAt: told_at?.moment,
            standings: subjects.mapValues(\.standing))
    }
}

private struct Standing: Codable {
    enum Phase: String, Codable {
        case pending, firing, clearing
    }

    var state: Phase
    var since: StoredMoment
    /// Of one that is clearing.
    var over_since: StoredMoment?
    var told_at: StoredMoment?
    /// Who knows that it fires.
    var told: [String]
    /// Who of these could not be told; absent for nobody.
    var missed: [String]?
    var logged: Bool
    var text: String
    var labels: [String: String]

    init(_ standing: AlertStanding) {
        since = StoredMoment(standing.since)
        switch standing.phase {
        case .pending: state = .pending
        case .firing: state = .firing
        case .clearing(_, let over): (state, over_since) = (.clearing, StoredMoment(over))
        }
        (told_at, told) = (standing.toldAt.map(StoredMoment.init), standing.sinks.sorted())
        missed = standing.unaware.isEmpty ? nil : standing.unaware.sorted()
        (logged, text, labels) = (standing.isLogged, standing.report.text, standing.report.labels)
    }

    var standing: AlertStanding {
        let phase: AlertStanding.Phase =
            switch state {
            case .pending: .pending(since: since.moment)
            case .firing: .firing(since: since.moment)
            case .clearing: .clearing(since: since.moment, over: over_since?.moment ?? since.moment)
            }
        var standing = AlertStanding(phase: phase, report: AlertReport(text, labels))
        (standing.toldAt, standing.sinks, standing.isLogged) = (told_at?.moment, Set(told), logged)
        standing.unaware = Set(missed ?? [])
        return standing
    }
}

private struct Silence: Codable {
    var since: StoredMoment
    var until: StoredMoment
    var who: String?
    var reason: String?

    init(_ silence: AlertSilence) {
        (since, until) = (StoredMoment(silence.since), StoredMoment(silence.until))
        (who, reason) = (silence.who, silence.reason)
    }

    var silence: AlertSilence {
        AlertSilence(since: since.moment, until: until.moment, who: who, reason: reason)
    }
}

private struct Trail: Codable {
    var away: Bool
    var returned_at: StoredMoment?

    init(_ trail: RouteTrail) {
        (away, returned_at) = (trail.isAway, trail.returnedAt.map(StoredMoment.init))
    }

    var trail: RouteTrail {
        RouteTrail(isAway: away, returnedAt: returned_at?.moment)
    }
}

private struct Waiting: Codable {
    var notify: String
    var notification: AlertNotification
    var began: StoredMoment
    var due: StoredMoment
    var tries: Int
    /// Whether its recipient may know that the alert fires; absent if only a repetition says so.
    var known: Bool?

    /// What is under way may have arrived, if this is the last that the relay writes.
    init(_ entry: AlertOutbox.Entry, isUnderWay: Bool) {
        known = entry.isKnown || isUnderWay
        (notify, notification, tries) = (entry.sink, entry.notification, entry.tries)
        (began, due) = (StoredMoment(entry.beganAt), StoredMoment(entry.dueAt))
    }

    var entry: AlertOutbox.Entry {
        AlertOutbox.Entry(
            sink: notify, notification: notification, beganAt: began.moment, dueAt: due.moment, tries: tries,
            isKnown: known ?? notification.isRepeated)
    }
}
