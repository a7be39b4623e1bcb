internal import Mail

/// What follows from what is known: verdicts about paths, faults of mailboxes, blames of upstreams.
extension TripLedger {
    mutating func judge(_ mailbox: String, _ now: TripMoment, withBlames: Bool = true) -> [TripOrder] {
        let others = (paths[mailbox] ?? []).compactMap { lanes[$0] }
        for lane in others where lane.isLosing && !lane.isUpstreams {
            let isUpstreams = TripWitness.isUpstreams(lane, others, now: now.steady)
            lanes[lane.path]?.isUpstreams = isUpstreams
            lanes[lane.path]?.isWitnessed = isUpstreams
        }
        let orders = judgeMailbox(mailbox, now) + judgePaths(mailbox, now)
        return withBlames ? orders + judgeUpstreams(now) : orders
    }

    // MARK: - Mailboxes

    private mutating func judgeMailbox(_ mailbox: String, _ now: TripMoment) -> [TripOrder] {
        guard var watch = mailboxes[mailbox] else { return [] }
        let active = (paths[mailbox] ?? []).compactMap { lanes[$0] }.filter { $0.isActive(now.steady) }
        let upstreams = Set(active.compactMap(\.path.upstream))
        var orders: [TripOrder] = []
        if !watch.isSilent, upstreams.count > 1, active.allSatisfy(\.isLosing) {
            let first = active.flatMap { $0.lost.marks.map(\.tookAt) }.min()
            watch.fellSilent(from: first ?? now.steady)
            for lane in active {
                for mark in lanes[lane.path]?.excuse() ?? [] {
                    orders.append(.count(TripFact(path: lane.path, sentAt: mark.sentAt, kind: .excused)))
                }
                // It seemed to be the upstream as long as no other one had mail to lose here.
                if !lane.isWitnessed { lanes[lane.path]?.endRecovery() }
            }
        }
        if watch.isFaulty != watch.isTold {
            watch.isTold = watch.isFaulty
            let silence = "no mail arrives, through \(upstreams.sorted().joined(separator: ", "))"
            let cause = watch.isFaulty ? watch.unreachable ?? silence : "mail arrives, and can be looked at"
            orders.append(
                .mailbox(MailboxChange(mailbox: mailbox, isFaulty: watch.isFaulty, cause: cause, at: now.wall)))
        }
        mailboxes[mailbox] = watch
        return orders
    }

    // MARK: - Paths

    private mutating func judgePaths(_ mailbox: String, _ now: TripMoment) -> [TripOrder] {
        guard let watch = mailboxes[mailbox] else { return [] }
        return (paths[mailbox] ?? []).compactMap { path in
            guard let lane = lanes[path], let (verdict, cause) = verdict(lane, watch, now.steady),
                verdict != lane.verdict
            else { return nil }
            lanes[path]?.judged(verdict, cause: cause, at: now.wall)
            return .changed(TripChange(path: path, from: lane.verdict, to: verdict, cause: cause, at: now.wall))
        }
    }

    /// nil where it stays as it is.
    private func verdict(_ lane: TripLane, _ watch: MailboxWatch, _ now: Timestamp) -> (TripVerdict, String)? {
        if lane.isFailing {
            let reply = lane.lastRefusal.map { ": \($0)" } ?? ""
            return (.upstreamFailed, "\(lane.failures) probes in a row were not taken\(reply)")
        }
        if let cause = watch.unreachable { return (.mailboxUnreachable, cause) }
        if lane.isLosing {
            if watch.isSilent { return (.mailboxUnreachable, "mail of no upstream arrives") }
            guard lane.isUpstreams || isAlone(lane, now) else { return nil }
            return (.missing, "\(lane.lost.count) probes in a row are lost")
        }
        if lane.isSlow(watch) {
            return (.late, "\(lane.settings.missingThreshold) probes in a row are late or overdue")
        }
        guard let total = lane.lastTotal else { return nil }
        return (.ok, "the last probe took \(total.inWords)")
    }

    /// Whether no other upstream has mail for the mailbox that could tell whose fault it is. For what goes as routed,
    /// one that loses its own mail cannot.
    private func isAlone(_ lane: TripLane, _ now: Timestamp) -> Bool {
        !(paths[lane.path.mailbox] ?? []).contains { path in
            guard let other = lanes[path], path.upstream != nil, path.upstream != lane.path.upstream else {
                return false
            }
            return other.isActive(now) && (lane.path.upstream != nil || !other.isLosing)
        }
    }

    // MARK: - Upstreams

    mutating func judgeUpstreams(_ now: TripMoment) -> [TripOrder] {
        blameThoseMissedTwice(now.steady)
        var orders: [TripOrder] = []
        let guilty = Dictionary(grouping: lanes.values.filter { $0.isLosing && $0.isUpstreams }, by: \.path.upstream)
        for (upstream, lanes) in guilty.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            if let upstream { orders += blame(upstream, lanes, now) }
        }
        for (upstream, blame) in blames.sorted(by: { $0.key < $1.key })
        where blame.paths.allSatisfy({ lanes[$0]?.hasRecovered ?? true }) {
            orders.append(acquit(upstream, causeToAcquit(blame)))
        }
        return orders
    }

    private func causeToAcquit(_ blame: UpstreamBlame) -> String {
        let rest = blame.paths.compactMap { lanes[$0] }
        if rest.isEmpty { return "relay.conf does not name the round trips any more" }
        return rest.contains(where: \.isRecovering)
            ? "round trips arrive again" : "its mailboxes get no mail of anybody"
    }

    /// One that is alone in several mailboxes, and loses its mail to all of them, while none arrives in any other.
    private mutating func blameThoseMissedTwice(_ now: Timestamp) {
        let alone = lanes.values.filter { lane in
            lane.isLosing && lane.path.upstream != nil && mailboxes[lane.path.mailbox]?.isFaulty == false
                && (lane.isUpstreams || isAlone(lane, now))
        }
        for group in Dictionary(grouping: alone, by: \.path.upstream).values
        where Set(group.map(\.path.mailbox)).count > 1 && !arrivesElsewhere(group) {
            for lane in group { lanes[lane.path]?.isUpstreams = true }
        }
    }

    /// Whether mail of the same upstream, taken since the first that is lost, has arrived in another mailbox.
    private func arrivesElsewhere(_ group: [TripLane]) -> Bool {
        let first = group.flatMap { $0.lost.marks.map(\.tookAt) }.min() ?? .distantPast
        let losing = Set(group.map(\.path.mailbox))
        return lanes.values.contains { lane in
            lane.path.upstream == group.first?.path.upstream && !losing.contains(lane.path.mailbox)
                && lane.lastArrivalAt.map { $0 > first } ?? false
        }
    }

    private mutating func blame(_ upstream: String, _ guilty: [TripLane], _ now: TripMoment) -> [TripOrder] {
        let known = blames[upstream]
        let news = guilty.filter { !(known?.paths.contains($0.path) ?? false) }
        guard !news.isEmpty else { return [] }
        let paths = ((known?.paths ?? []) + news.map(\.path)).sorted()
        let action = max(known?.action ?? .alert, news.map(\.settings.action).max() ?? .alert)
        let count = news.map(\.lost.count).max() ?? 0
        let places = Set(paths.map(\.mailbox)).sorted().joined(separator: ", ")
        let blame = UpstreamBlame(
            upstream: upstream, action: action, cause: "\(count) probes in a row to \(places) are lost",
            since: known?.since ?? now.wall, paths: paths)
        for lane in news { lanes[lane.path]?.beginRecovery(since: now.steady) }
        blames[upstream] = blame
        return known?.action == action ? [] : [.blame(blame)]
    }

    /// relay.conf may say that something else follows for upstreams that are to blame.
    mutating func changeActions() -> [TripOrder] {
        blames.values.sorted { $0.upstream < $1.upstream }.compactMap { known in
            let actions = known.paths.compactMap { lanes[$0]?.settings.action }
            guard let action = actions.max(), action != known.action else { return nil }
            let blame = UpstreamBlame(
                upstream: known.upstream, action: action, cause: known.cause, since: known.since, paths: known.paths)
            blames[known.upstream] = blame
            return .blame(blame)
        }
    }

    private mutating func acquit(_ upstream: String, _ cause: String) -> TripOrder {
        for path in blames[upstream]?.paths ?? [] { lanes[path]?.endRecovery() }
        blames[upstream] = nil
        return .acquit(upstream: upstream, cause: cause)
    }

    /// An operator has decided otherwise about an upstream. It is blamed again only for probes that it takes from now on.
    package mutating func pardon(_ upstream: String, now: TripMoment) -> [TripOrder] {
        guard blames[upstream] != nil else { return [] }
        for path in lanes.keys where path.upstream == upstream { lanes[path]?.startAnew(now.steady) }
        return [acquit(upstream, "by an operator's order")]
    }

    // MARK: - Telling

    /// How each path stands, in order.
    package var standings: [TripStanding] {
        lanes.keys.sorted().compactMap { path in
            lanes[path].map {
                TripStanding(
                    path: path, verdict: $0.verdict, cause: $0.cause, since: $0.verdictAt, lastTotal: $0.lastTotal,
                    underWay: $0.probes.count)
            }
        }
    }

    /// Upstreams that lose mail now, by name.
    package var blamed: [UpstreamBlame] { blames.values.sorted { $0.upstream < $1.upstream } }
}
