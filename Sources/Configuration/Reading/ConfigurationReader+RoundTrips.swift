internal import Delivery
internal import Mail
internal import Probing
internal import RoundTrips
internal import Upstreams

/// Checks of round trips that need no connection; those of mailboxes are apart.
extension ConfigurationReader {
    /// Each has a session with a mailbox.
    private static let roundTripLimit = 64

    mutating func checkRoundTrips(_ draft: ConfigurationDraft) {
        let path = ConfigurationPath.root.key("round_trip")
        if draft.roundTrips.count > Self.roundTripLimit {
            report(
                at: path.index(Self.roundTripLimit), "has \(draft.roundTrips.count) entries",
                "keep at most \(Self.roundTripLimit)")
        }
        var names: [String: Int] = [:]
        for (index, trip) in draft.roundTrips.enumerated() {
            let place = path.index(index)
            if !trip.name.isEmpty {
                checkUnique(trip.name, in: &names, at: place.key("name"), .error, "give each round trip a unique name")
            }
            checkPaths(of: trip, draft.upstreams.map(\.name), at: place)
            checkTimes(of: trip, at: place)
            checkMailbox(of: trip, at: place)
            checkAction(of: trip, draft, at: place)
        }
        checkMailboxes(draft.roundTrips)
    }

    private mutating func checkPaths(of trip: RoundTripDraft, _ known: [String], at path: ConfigurationPath) {
        let place = path.key("upstreams")
        guard case .named(let names) = trip.usedUpstreams, !failures.contains(place) else { return }
        for (index, name) in names.enumerated() { checkUpstream(name, among: known, at: place.index(index)) }
        guard names.isEmpty, !trip.isAsRouted else { return }
        report(at: place, "is empty, so no probe is sent", "name upstreams, or write as_routed = true")
    }

    private mutating func checkTimes(of trip: RoundTripDraft, at path: ConfigurationPath) {
        guard failures.isDisjoint(with: ["every", "late_after", "missing_after"].map { path.key($0) }) else { return }
        let missing = DurationText.format(trip.missingAfter)
        if let late = trip.lateAfter, late > trip.missingAfter {
            report(
                at: path.key("late_after"), "\(DurationText.format(late)) is more than missing_after (\(missing))",
                "decrease this one or increase the other")
        }
        let most = TripSchedule.Limits().perPath
        if trip.every * most < trip.missingAfter {
            report(
                .warning, at: path.key("every"),
                "of each upstream at most \(most) probes are under way, and more are sent within missing_after (\(missing))",
                "increase it, or decrease missing_after")
        }
        guard trip.missingThreshold == 1, !failures.contains(path.key("missing_threshold")) else { return }
        report(
            .warning, at: path.key("missing_threshold"), "one lost probe is enough for a verdict",
            "write 2 or more; single messages get lost without any meaning")
    }

    // MARK: - Mailboxes

    /// Whoever gets mail for an address has one mailbox for it, and the verdicts are by address.
    private mutating func checkMailboxes(_ trips: [RoundTripDraft]) {
        var mailboxes: [String: (trip: String, mailbox: MailboxDraft)] = [:]
        for (index, trip) in trips.enumerated() {
            guard let recipient = trip.usedRecipient?.text.lowercased(), let mailbox = trip.mailbox else { continue }
            guard let other = mailboxes[recipient] else {
                mailboxes[recipient] = (trip.name, mailbox)
                continue
            }
            guard other.mailbox != mailbox else { continue }
            let path = ConfigurationPath.root.key("round_trip").index(index)
            report(
                at: path.key(trip.recipient == nil ? "mailbox" : "recipient"),
                "round trip \"\(other.trip)\" looks for mail to the same address in another mailbox",
                "give both the same [round_trip.mailbox], or this one another recipient")
        }
    }

    // MARK: - Consequences

    private mutating func checkAction(
        of trip: RoundTripDraft, _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        let place = path.key("action")
        guard trip.action != .alert, failures.isDisjoint(with: [place, path.key("upstreams"), path]) else { return }
        let names = trip.names(draft)
        guard !names.isEmpty else {
            return report(
                .warning, at: place, "nothing follows from probes that go as routed, whatever upstream they take",
                "name upstreams, or write action = \"alert\"")
        }
        checkWitnesses(of: trip, draft, at: place)
        if trip.action == .open { checkOthers(than: names, draft, at: place) }
    }

    /// Lost probes are the upstream's fault only where those of another arrive, or where its own are lost in several
    /// mailboxes.
    private mutating func checkWitnesses(
        of trip: RoundTripDraft, _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        let recipient = trip.usedRecipient
        let here = draft.roundTrips.filter { $0.usedRecipient == recipient }
        guard recipient != nil, Set(here.flatMap { $0.names(draft) }).count == 1,
            !(draft.upstreams.count > 1 && here.contains(where: \.isAsRouted)), let name = trip.names(draft).first
        else { return }
        let mailboxes = draft.roundTrips.filter { $0.names(draft).contains(name) }.map(\.usedRecipient)
        guard Set(mailboxes).count == 1 else { return }
        report(
            .warning, at: path,
            "only probes of \"\(name)\" go to this mailbox: if they are lost, nobody can tell whose fault it is, and "
                + "nothing follows",
            "add another upstream, or another mailbox, or write action = \"alert\"")
    }

    /// Mail of a route that has no other upstream waits.
    private mutating func checkOthers(
        than names: [String], _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        let known = draft.upstreams.map(\.name)
        var routes = draft.routes.map { (name: $0.name, upstreams: $0.upstreams + ($0.lastResort.map { [$0] } ?? [])) }
        if draft.routes.last?.match.isEmpty != true { routes.append(("default", known)) }
        for name in names {
            guard let route = routes.first(where: { Set($0.upstreams) == [name] }) else { continue }
            report(
                .warning, at: path,
                "the route \"\(route.name)\" has no upstream but \"\(name)\": its mail waits while that circuit is open",
                "add another upstream to it, or write action = \"alert\"")
        }
    }
}

extension RoundTripDraft {
    /// The upstreams that it sends probes through.
    fileprivate func names(_ draft: ConfigurationDraft) -> [String] {
        switch usedUpstreams {
        case .all: draft.upstreams.map(\.name)
        case .named(let names): names
        }
    }
}
