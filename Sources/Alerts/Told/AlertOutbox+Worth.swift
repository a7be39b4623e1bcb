/// What is still worth telling.
extension AlertOutbox {
    /// Drops of one recipient's what is not worth telling any more, subject by subject: a beginning that is over; with it
    /// its end, unless the recipient may know of the beginning. What fires still waits once, with the words of the last
    /// look. What is under way stays as it is.
    ///
    /// - Returns: beginnings that the recipient has not been told and that are over, with only the subjects that are.
    mutating func settle(_ sink: String) -> [Entry] {
        var untold: [Entry] = []
        for index in waiting.indices where waiting[index].sink == sink && !isUnderWay(waiting[index]) {
            let entry = waiting[index]
            let over = endings(index)
            waiting[index].notification.drop(over)
            guard !over.isEmpty, !entry.isKnown else { continue }
            var part = entry
            part.notification.subjects = entry.notification.subjects.filter { over.contains($0.name) }
            untold.append(part)
        }
        waiting.removeAll { $0.notification.subjects.isEmpty }
        return untold
    }

    /// - Returns: the subjects of this beginning that are over; none of an end.
    private mutating func endings(_ index: Int) -> Set<String> {
        guard waiting[index].notification.status == .firing else { return [] }
        let names = waiting[index].notification.subjects.map(\.name)
        return Set(names.filter { isOver($0, index) })
    }

    private mutating func isOver(_ subject: String, _ index: Int) -> Bool {
        while let next = next(subject, after: index) {
            switch waiting[next].notification.status {
            case .firing: refresh(subject, index, from: next)
            case .resolved:
                if !waiting[index].isKnown { waiting[next].notification.drop([subject]) }
                return true
            }
        }
        return false
    }

    /// The next that says something else about the subject of an alert.
    private func next(_ subject: String, after index: Int) -> Int? {
        let entry = waiting[index]
        return waiting.indices.dropFirst(index + 1).first { next in
            waiting[next].sink == entry.sink && waiting[next].notification.alert == entry.notification.alert
                && waiting[next].notification.isAbout(subject)
        }
    }

    /// Tells with the first what the second has to say.
    private mutating func refresh(_ subject: String, _ index: Int, from next: Int) {
        let news = waiting[next].notification.subjects.first { $0.name == subject }
        guard let news, let place = waiting[index].notification.subjects.firstIndex(where: { $0.name == subject })
        else { return }
        waiting[index].notification.subjects[place].text = news.text
        waiting[index].notification.subjects[place].labels = news.labels
        waiting[index].beganAt = waiting[next].beganAt
        waiting[next].notification.drop([subject])
    }
}

extension AlertNotification {
    func isAbout(_ subject: String) -> Bool { subjects.contains { $0.name == subject } }

    fileprivate mutating func drop(_ names: Set<String>) { subjects.removeAll { names.contains($0.name) } }
}

extension AlertSettings {
    /// Whether relay.conf still has him told this. Whoever knows that an alert fires is told its end in any case.
    package func wants(_ notification: AlertNotification, for sink: String) -> Bool {
        guard sinks.contains(where: { $0.name == sink }) else { return false }
        switch notification.status {
        case .resolved: return true
        case .firing:
            return rules.contains { rule in
                rule.name == notification.alert && rule.kind.rawValue == notification.labels["when"]
                    && rule.notify.contains(sink)
            }
        }
    }
}
