import Foundation
import Mail
import Spool
import TestKit
import Testing
import Upstreams

@testable import History

@Suite("The history", .timeLimit(.minutes(10)))
struct HistoryTests {
    @Test("has what left: envelope, outcome, times")
    func delivered() async throws {
        let stage = try Stage()
        let start = stage.now
        let id = await stage.deliver(["ann@example.com", "x@b.example"], user: "app")
        let found = try await stage.search { $0.recipient = HistoryText("ann@example.com") }
        let record = try #require(found.first)
        #expect(found.count == 1)
        #expect(record.queueID == id)
        #expect(record.sender == "app@example.org")
        #expect(record.user == "app")
        #expect(record.messageID == "<m1@example.org>")
        #expect(record.size == 100)
        #expect(record.receivedAt == start)
        #expect(record.recipients.map(\.address) == ["ann@example.com", "x@b.example"])
        #expect(record.recipients.map(\.route) == ["default", "second"])
        #expect(record.recipients.map(\.stream) == ["app", "app"])
        #expect(
            record.recipients[0]
                == HistoryRecord.Recipient(
                    address: "ann@example.com", outcome: .delivered, upstream: "ses", route: "default", stream: "app",
                    reply: "250 2.0.0 ok", attempts: 1, firstAttemptAt: start + .milliseconds(10),
                    finishedAt: start + .milliseconds(50)))
        await stage.close()
    }

    @Test("has the attempts of a message that was deferred, and failed for one recipient")
    func failedLater() async throws {
        let stage = try Stage()
        let start = stage.now
        var message = stage.accept(["a@x.example", "b@x.example"])
        message.recipients[0].recordAttempt(by: "ses", "250 ok")
        message.recipients[0].markDelivered()
        message.recipients[1].recordAttempt(by: "ses", "451 later")
        message.recipients[1].markDeferred()
        for (index, outcome) in [AttemptRecord.Outcome.delivered, .deferred].enumerated() {
            await stage.perform(
                .settle(
                    Settlement(
                        id: message.id, recipients: message.recipients, cycles: 1,
                        attempt: AttemptRecord(
                            upstream: "ses", startedAt: start + .seconds(1), endedAt: start + .seconds(2),
                            recipients: [index], outcome: outcome, phase: "dot", reply: "250 ok"))))
        }
        message.recipients[1].recordAttempt(by: "mg", "550 5.1.1 no")
        message.recipients[1].markFailed(.invalidRecipient)
        await stage.end(
            message,
            [
                AttemptRecord(
                    upstream: "mg", startedAt: start + .seconds(3600), endedAt: start + .seconds(3601), recipients: [1],
                    outcome: .failed, phase: "rcpt", reply: "550 5.1.1 no")
            ])
        let record = try #require(try await stage.search().first)
        #expect(record.recipients[0].finishedAt == start + .seconds(2))
        #expect(record.recipients[0].firstAttemptAt == start + .seconds(1))
        let failed = record.recipients[1]
        #expect(failed.outcome == .failed)
        #expect(failed.failureClass == .invalidRecipient)
        #expect(failed.upstream == "mg")
        #expect(failed.reply == "550 5.1.1 no")
        #expect(failed.attempts == 2)
        #expect(failed.firstAttemptAt == start + .seconds(1))
        #expect(failed.finishedAt == start + .seconds(3601))
        await stage.close()
    }

    @Test("tells what an operator dropped from what had failed before")
    func dropped() async throws {
        let stage = try Stage()
        var message = stage.accept(["a@x.example", "b@x.example"])
        message.recipients[0].markFailed(.mailboxFull)
        await stage.perform(
            .settle(Settlement(id: message.id, recipients: message.recipients, cycles: 0, attempt: nil)))
        await stage.perform(
            .change(
                [message.id],
                MessageChange { found in
                    var recipients = found.recipients
                    recipients[1].markFailed(.other)
                    var settlement = Settlement(id: found.id, recipients: recipients, cycles: 0, attempt: nil)
                    settlement.isDropped = true
                    return settlement
                }, ticket: 9))
        let record = try #require(try await stage.search().first)
        #expect(record.recipients.map(\.outcome) == [.failed, .dropped])
        #expect(record.recipients.map(\.failureClass) == [.mailboxFull, nil])
        #expect(record.recipients[1].attempts == 0)
        #expect(record.recipients[1].firstAttemptAt == nil)
        await stage.close()
    }

    @Test("answers the same whether entries are in the spool or in runs, page by page", arguments: [1, 3, 1000])
    func pages(limit: Int) async throws {
        let stage = try Stage(entries: 10)
        for number in 0..<35 {
            stage.now = stage.now + .seconds(1)
            await stage.deliver(
                ["r\(number % 5)@example.com", "all@example.com"], user: number % 2 == 0 ? "even" : nil)
        }
        try await stage.wait { try stage.store.runs.count == 3 && stage.entriesInSpool() == 31...35 }
        let all = try await stage.search(limit: limit)
        #expect(all.map(\.messageID) == (1...35).reversed().map { "<m\($0)@example.org>" })
        let three = try await stage.search(limit: limit) { $0.recipient = HistoryText("R3@example.com") }
        #expect(three.map(\.messageID) == [34, 29, 24, 19, 14, 9, 4].map { "<m\($0)@example.org>" })
        #expect(try await stage.search(limit: limit) { $0.user = HistoryText("even") }.count == 18)
        #expect(try await stage.search(limit: limit) { $0.recipient = HistoryText("r*@example.com") }.count == 35)
        #expect(try await stage.search(limit: limit) { $0.messageID = HistoryText("m7@example.org") }.count == 1)
        #expect(try await stage.search(limit: limit) { $0.queueID = all[20].queueID } == [all[20]])
        #expect(try await stage.search(limit: limit) { $0.stream = HistoryText("default") }.count == 17)
        #expect(try await stage.search(limit: limit) { $0.recipient = HistoryText("nobody@example.com") } == [])
        let times = try await stage.search(limit: limit) { filter in
            filter.since = all[9].receivedAt
            filter.until = all[4].receivedAt
        }
        #expect(times == Array(all[5...9]))
        await stage.close()
    }

    @Test("is found by every condition, and by all of one recipient together")
    func conditions() async throws {
        let stage = try Stage(entries: 2)
        await stage.deliver(["ann@example.com", "x@b.example"], reply: "250 2.0.0 queued as 77")
        await stage.deliver(["bob@example.net"])
        let count = { (change: (inout HistoryFilter) -> Void) in try await stage.search(change).count }
        #expect(try await count { $0.domain = HistoryText("B.example") } == 1)
        #expect(try await count { $0.domain = HistoryText("example.*") } == 2)
        #expect(try await count { $0.upstream = HistoryText("ses") } == 2)
        #expect(try await count { $0.route = HistoryText("second") } == 1)
        #expect(try await count { $0.outcome = .failed } == 0)
        #expect(try await count { $0.sender = HistoryText("APP@example.org") } == 2)
        #expect(try await count { $0.sender = HistoryText("<>") } == 0)
        #expect(try await count { $0.reply = { $0.contains(UInt8(ascii: "7")) } } == 1)
        let both = try await count { filter in
            filter.recipient = HistoryText("ann@example.com")
            filter.route = HistoryText("second")
        }
        #expect(both == 0)
        await stage.close()
    }

    @Test("says which recipients match", arguments: [HistorySettings.Addresses.full, .hashed])
    func matching(addresses: HistorySettings.Addresses) async throws {
        let stage = try Stage(entries: 1) { settings, _ in settings.addresses = addresses }
        await stage.deliver(["ann@example.com", "x@b.example", "ann@example.com"])
        let matching = { (change: (inout HistoryFilter) -> Void) in
            var filter = HistoryFilter()
            change(&filter)
            return try await stage.service.page(filter, before: nil, limit: 10).matching
        }
        #expect(try await matching { _ in } == [[0, 1, 2]])
        #expect(try await matching { $0.route = HistoryText("second") } == [[1]])
        #expect(try await matching { $0.recipient = HistoryText("Ann@example.com") } == [[0, 2]])
        #expect(try await matching { $0.outcome = .failed } == [])
        await stage.close()
    }

    @Test(
        "is one person's, however the address is written", arguments: [2, 1000],
        [HistorySettings.Addresses.full, .hashed])
    func forms(entries: Int, addresses: HistorySettings.Addresses) async throws {
        let stage = try Stage(entries: entries) { settings, _ in settings.addresses = addresses }
        let eve = ["\"eve\"@h.example", "eve@h.example.", "Eve@H.example", "eve@h.example"]
        let uli = ["ÜLI@bücher.example", "üli@xn--bcher-kva.example"]
        for address in eve + uli { await stage.deliver([address], reply: "250 for <\(address)>") }
        let count = { (text: String) in
            try await stage.search { $0.recipient = HistoryText(address: text) }.count
        }
        for form in eve + ["<eve@h.example>", " EVE@h.example. "] { #expect(try await count(form) == 4, "\(form)") }
        for form in uli + ["<üli@BÜCHER.example.>"] { #expect(try await count(form) == 2, "\(form)") }
        #expect(try await count("steve@h.example") == 0)
        for sender in ["<APP@example.org>", "\"app\"@example.org."] {
            #expect(try await stage.search { $0.sender = HistoryText(address: sender) }.count == 6)
        }
        if addresses == .full {
            #expect(try await count("eve@h.*") == 4)
            #expect(try await stage.search { $0.domain = HistoryText(domain: "H.example.") }.count == 4)
            #expect(try await stage.search { $0.domain = HistoryText(domain: "Bücher.example") }.count == 2)
        }
        #expect(try await stage.service.erase("\"EVE\"@h.example.", isRehearsal: true) == 4)
        #expect(try await stage.service.erase("\"EVE\"@h.example.", isRehearsal: false) == 4)
        #expect(try await count("eve@h.example") == 0)
        #expect(try await stage.service.erase(uli[0], isRehearsal: false) == 2)
        let all = try await stage.search()
        #expect(all.count == 6)
        #expect(all.allSatisfy { $0.recipients[0].address == nil && $0.recipients[0].reply?.contains("@") == false })
        await stage.close()
    }

    @Test("survives a restart, and goes on counting")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        for round in 0..<3 {
            let stage = try Stage(directory, entries: 4)
            stage.now = stage.now + .seconds(round)
            for _ in 0..<3 { await stage.deliver(["ann@example.com"]) }
            #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 3 * (round + 1))
            await stage.close()
        }
        let stage = try Stage(directory, entries: 4)
        let found = try await stage.search()
        #expect(Set(found.map(\.queueID)).count == 9)
        await stage.close()
    }

    /// What a crash between the naming of a run and the removal of its rows leaves behind.
    @Test("shows entries once that are in a run and in the spool, and removes them from the spool")
    func bothPlaces() async throws {
        let directory = try TemporaryDirectory()
        let first = try Stage(directory, entries: 1000)
        for _ in 0..<6 { await first.deliver(["ann@example.com"]) }
        await first.service.close()
        // As the keeper writes it, up to the fourth entry.
        let opened = first.store.opened
        let reader = try DepartureReader(path: directory.path + "/spool", isRunning: true)
        let draft = try opened.place.draft()
        let writer = RunWriter(draft, first: 1, hash: opened.hash)
        for batch in try reader.batches(after: 0, limit: 4) { try writer.add(batch.entries, count: 1) }
        _ = try draft.publish(writer.finish())
        await first.spool.close()

        let stage = try Stage(directory, entries: 1000)
        #expect(try await stage.search().count == 6)
        try await stage.wait { try stage.entriesInSpool() == 5...6 }
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 6)
        await stage.close()
    }

    @Test("leaves a damaged run alone, says so, and answers from the others")
    func damagedRun() async throws {
        let directory = try TemporaryDirectory()
        let first = try Stage(directory, entries: 5)
        for _ in 0..<15 { await first.deliver(["ann@example.com"]) }
        try await first.wait { try first.store.runs.count == 3 && first.entriesInSpool() == nil }
        let path = first.store.runs[1].path
        await first.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[3] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let stage = try Stage(directory, entries: 5)
        #expect(try await stage.search().count == 10)
        #expect(stage.notices.all.contains { $0.contains(path) })
        let page = try await stage.service.page(HistoryFilter(), before: nil, limit: 1000)
        #expect(page.problems.count == 1 && page.problems[0].contains(path))
        #expect(
            try await stage.service.add(HistoryFilter(), before: nil, to: HistoryStatistics())
                .statistics.problems == Set(page.problems))
        #expect(FileManager.default.fileExists(atPath: path))
        await stage.close()
    }

    @Test("tells who asks of a block that is damaged meanwhile, and of a run that is gone")
    func damagedBlock() async throws {
        let stage = try Stage(entries: 5)
        for _ in 0..<10 { await stage.deliver(["ann@example.com"]) }
        try await stage.wait { try stage.store.runs.count == 2 && stage.entriesInSpool() == nil }
        let path = stage.store.runs[0].path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var bytes = whole
        bytes[600] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        for change: (inout HistoryFilter) -> Void in [{ _ in }, { $0.recipient = HistoryText("ann@example.com") }] {
            var filter = HistoryFilter()
            change(&filter)
            let page = try await stage.service.page(filter, before: nil, limit: 1000)
            #expect(page.records.count == 5)
            #expect(page.problems == ["block 0 of \(path) is damaged"])
        }
        try FileManager.default.removeItem(atPath: path)
        let page = try await stage.service.page(HistoryFilter(), before: nil, limit: 1000)
        #expect(page.records.count == 5)
        #expect(page.problems.count == 1 && page.problems[0].contains(path))
        try whole.write(to: URL(fileURLWithPath: path))
        #expect(try await stage.search().count == 10)
        await stage.close()
    }

    @Test("is erased but for a damaged block, which fails the order until its file is moved away")
    func eraseDamaged() async throws {
        let stage = try Stage(entries: 5)
        for _ in 0..<10 { await stage.deliver(["ann@example.com"]) }
        try await stage.wait { try stage.store.runs.count == 2 && stage.entriesInSpool() == nil }
        let path = stage.store.runs[0].path
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[600] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        for isRehearsal in [true, false] {
            let error = await #expect(throws: SpoolError.self) {
                try await stage.service.erase("ann@example.com", isRehearsal: isRehearsal)
            }
            let message = error?.message ?? ""
            #expect(message.contains("erased from 5 entries") && message.contains("block 0 of \(path) is damaged"))
            #expect(message.contains("Move each such file out of \(stage.directory.path)/spool/history"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: stage.directory.path + "/spool/history").count == 3)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await stage.service.erase("ann@example.com", isRehearsal: false) == 0)
        let page = try await stage.service.page(HistoryFilter(), before: nil, limit: 1000)
        #expect(page.records.map { $0.record.recipients[0].address } == [nil, nil, nil, nil, nil])
        #expect(page.problems == [])
        await stage.close()
    }

    // MARK: - The key

    @Test("goes on with a new key if the key is damaged", arguments: [0, 5, 15])
    func damagedKey(octets: Int) async throws {
        let directory = try TemporaryDirectory()
        let first = try Stage(directory, entries: 5)
        for _ in 0..<5 { await first.deliver(["ann@example.com"]) }
        try await first.wait { try first.store.runs.count == 1 && first.entriesInSpool() == nil }
        let now = first.now
        await first.close()
        let path = directory.path + "/spool/history/key"
        try Data(repeating: 7, count: octets).write(to: URL(fileURLWithPath: path))
        let stopped = try StoppedHistory(path: directory.path + "/spool", keep: .seconds(86_400), now: now)
        var filter = HistoryFilter()
        filter.recipient = HistoryText("ann@example.com")
        #expect(try await stopped.page(filter, before: nil, limit: 100).records.count == 5)
        let stage = try Stage(directory, entries: 5)
        stage.now = now
        #expect(stage.notices.all.contains { $0.contains("the key is lost") && $0.contains("\(path).damaged") })
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 16)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".damaged")).count == octets)
        await stage.deliver(["ann@example.com"])
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 6)
        await stage.close()
    }

    @Test("of a stopped relay without its key is searched, and says what is not found")
    func missingKey() async throws {
        let stage = try Stage(entries: 5)
        for _ in 0..<7 { await stage.deliver(["ann@example.com"]) }
        await stage.wait { stage.store.runs.count == 1 }
        let (path, now) = (stage.directory.path + "/spool", stage.now)
        await stage.close()
        try FileManager.default.removeItem(atPath: path + "/history/key")
        var filter = HistoryFilter()
        filter.recipient = HistoryText("ann@example.com")
        for addresses in HistorySettings.Addresses.allCases {
            let history = try StoppedHistory(path: path, keep: .seconds(86_400), addresses: addresses, now: now)
            let page = try await history.page(filter, before: nil, limit: 100)
            #expect(page.records.count == 7)
            #expect(page.problems.map { $0.contains("\(path)/history/key") } == (addresses == .hashed ? [true] : []))
        }
        try FileManager.default.removeItem(atPath: path + "/history")
        let error = #expect(throws: SpoolError.self) {
            try StoppedHistory(path: path, keep: .seconds(86_400), now: now)
        }
        #expect(error?.code == .missing)
    }

    // MARK: - Removing

    @Test("loses whole runs and rows that are older than keep, and shows none of them before")
    func keep() async throws {
        let stage = try Stage(entries: 5) { settings, _ in settings.keep = .seconds(1000) }
        for _ in 0..<7 { await stage.deliver(["ann@example.com"]) }
        try await stage.wait { try stage.store.runs.count == 1 && stage.entriesInSpool() == 6...7 }
        stage.now = stage.now + .seconds(900)
        await stage.deliver(["bob@example.com"])
        stage.now = stage.now + .seconds(200)
        #expect(try await stage.search().count == 1)
        try await stage.wait { try stage.store.runs.isEmpty && stage.entriesInSpool() == 8...8 }
        #expect(try FileManager.default.contentsOfDirectory(atPath: stage.directory.path + "/spool/history") == ["key"])
        await stage.close()
    }

    @Test("takes no more than max_bytes: the oldest run goes first, then rows")
    func maxBytes() async throws {
        let stage = try Stage(entries: 10) { settings, _ in settings.maxOctets = 100_000 }
        for _ in 0..<60 { await stage.deliver(["ann@example.com"]) }
        try await stage.wait { try stage.store.runs.last?.header.last == 60 && stage.entriesInSpool() == nil }
        let octets = stage.store.runs.reduce(0) { $0 + $1.header.octets }
        await stage.wait { stage.store.runs.reduce(0) { $0 + $1.header.octets } <= 100_000 }
        #expect(octets > 25_000)
        #expect(stage.store.runs.count >= 2)
        #expect(stage.notices.all.contains { $0.contains("removed before their time") && $0.contains("max_bytes") })
        #expect(try await stage.search().first?.messageID == "<m60@example.org>")
        await stage.close()

        let rows = try Stage(entries: 1000) { settings, _ in settings.maxOctets = 1000 }
        for _ in 0..<60 { await rows.deliver(["ann@example.com"]) }
        await rows.wait { rows.spool.departureOctets <= 1000 }
        let left = try #require(try rows.entriesInSpool())
        #expect(left.upperBound == 60)
        #expect(left.count >= 4)
        await rows.close()
    }

    @Test("loses nothing for entries that are both in a run and in the spool while they move")
    func movedAtTheLimit() async throws {
        let directory = try TemporaryDirectory()
        let model = try Stage(entries: 40)
        let first = try Stage(directory, entries: 1000)
        for _ in 0..<40 {
            await model.deliver(["ann@example.com"])
            await first.deliver(["ann@example.com"])
        }
        try await model.wait { try model.store.runs.count == 1 && model.entriesInSpool() == nil }
        let (run, rows, now) = (model.store.runs[0].header.octets, first.spool.departureOctets, first.now)
        await model.close()
        await first.close()
        let stage = try Stage(directory, entries: 40) { settings, _ in settings.maxOctets = run + rows / 2 }
        stage.now = now
        try await stage.wait { try stage.store.lastMoved == 40 && stage.entriesInSpool() == nil }
        #expect(try await stage.search().count == 40)
        #expect(stage.notices.all == [])
        await stage.close()
    }

    @Test("tells at once what goes before its time, and then once an hour")
    func removals() {
        var removals = Removals()
        let hour: Int64 = 3_600_000_000_000
        #expect(removals.add(1, .size, at: 5)?.hasPrefix("history: 1 entry was removed before") == true)
        #expect(removals.add(2, .size, at: 6) == nil)
        #expect(removals.add(3, .room, at: 7)?.hasPrefix("history: 3 entries were removed before") == true)
        #expect(removals.add(4, .size, at: 5 + hour)?.hasPrefix("history: 6 entries were") == true)
    }

    @Test("that is not kept is not written, and what there was goes")
    func off() async throws {
        let directory = try TemporaryDirectory()
        let first = try Stage(directory, entries: 5)
        for _ in 0..<7 { await first.deliver(["ann@example.com"]) }
        await first.wait { first.store.runs.count == 1 }
        await first.close()
        let stage = try Stage(directory, entries: 5) { settings, _ in settings.keep = .zero }
        stage.now = stage.now + .seconds(10)
        await stage.deliver(["bob@example.com"])
        try await stage.wait { try stage.store.runs.isEmpty && stage.entriesInSpool() == nil }
        #expect(try await stage.search() == [])
        await stage.close()
    }

    @Test("is not removed by a clock that is set ahead for a moment")
    func clockAhead() {
        var watch = ClockWatch()
        let second: Int64 = 1_000_000_000
        let moment = { (seconds: Int64) in Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1000) }
        let steps: [(clock: Int64, passed: Int64)] = [(0, 0), (1, 1), (86_400, 2), (3, 3), (3603, 3603)]
        let found = steps.map { watch.isSteady(moment($0.clock), pause: .seconds(3600), at: $0.passed * second) }
        #expect(found == [true, true, false, false, true])
    }

    // MARK: - Addresses

    @Test("in hashes has no address, and is found by the address")
    func hashed() async throws {
        let stage = try Stage(entries: 2) { settings, _ in settings.addresses = .hashed }
        await stage.deliver(["Ann@example.com"], reply: "250 ok <ann@example.com>")
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 1)
        await stage.deliver(["bob@example.com"])
        await stage.wait { stage.store.runs.count == 1 }
        let found = try await stage.search { $0.recipient = HistoryText("ann@EXAMPLE.com") }
        let record = try #require(found.first)
        let shown = try #require(record.recipients[0].address)
        #expect(shown.hasPrefix("hash:") && shown.utf8.count == 21)
        #expect(record.recipients[0].reply == "250 ok <[address]>")
        #expect(try await stage.search { $0.recipient = HistoryText(shown) } == found)
        #expect(try await stage.search { $0.sender = HistoryText("app@example.org") }.count == 2)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: stage.store.runs[0].path))
        for word in ["ann", "Ann", "bob", "app@"] { #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word)") }
        await stage.close()
    }

    @Test("that forgets an address keeps the outcome", arguments: [2, 1000])
    func erase(entries: Int) async throws {
        let stage = try Stage(entries: entries)
        for _ in 0..<3 {
            await stage.deliver(["ann@example.com", "bob@example.com"], reply: "250 for Ann@example.com")
            await stage.deliver(["bob@example.com"])
        }
        #expect(try await stage.service.erase("ANN@example.com", isRehearsal: true) == 3)
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 3)
        #expect(try await stage.service.erase("ANN@example.com", isRehearsal: false) == 3)
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") } == [])
        #expect(try await stage.search { $0.recipient = HistoryText("bob@example.com") }.count == 6)
        let all = try await stage.search()
        #expect(all.count == 6)
        #expect(all[1].recipients[0].address == nil)
        #expect(all[1].recipients[0].outcome == .delivered)
        #expect(all[1].recipients[0].reply == "250 for [address]")
        #expect(all[1].recipients[1].address == "bob@example.com")
        for run in stage.store.runs {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: run.path))
            #expect(bytes.range(of: Data("ann@".utf8)) == nil && bytes.range(of: Data("Ann@".utf8)) == nil)
        }
        #expect(try await stage.service.erase("ann@example.com", isRehearsal: false) == 0)
        await stage.deliver(["ann@example.com"])
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.count == 1)
        await stage.close()
    }

    // MARK: - Figures

    @Test("says how long deliveries took, by route and upstream")
    func statistics() async throws {
        let stage = try Stage(entries: 3)
        for _ in 0..<7 { await stage.deliver(["ann@example.com", "x@b.example"]) }
        var failed = stage.accept(["c@example.com"])
        failed.recipients[0].markFailed(.transport)
        await stage.end(failed, [])
        var (statistics, next) = (HistoryStatistics(), Int?.none)
        repeat {
            let part = try await stage.service.add(HistoryFilter(), before: next, to: statistics)
            statistics = part.statistics
            next = part.next?.number
        } while next != nil
        let places = statistics.places.keys.sorted()
        #expect(places.map(\.route) == ["default", "default", "second"])
        #expect(places.map(\.upstream) == [nil, "ses", "ses"])
        #expect(statistics.places[places[0]]?.outcomes == [.failed: 1])
        #expect(statistics.places[places[1]]?.outcomes == [.delivered: 7])
        #expect(statistics.places[places[1]]?.latency.percentile(0.99) == .milliseconds(50))
        await stage.close()
    }

    @Test("of a stopped relay answers too")
    func stopped() async throws {
        let stage = try Stage(entries: 5)
        for _ in 0..<7 { await stage.deliver(["ann@example.com"]) }
        await stage.wait { stage.store.runs.count == 1 }
        let now = stage.now
        await stage.close()
        let history = try StoppedHistory(path: stage.directory.path + "/spool", keep: .seconds(86_400), now: now)
        var filter = HistoryFilter()
        filter.recipient = HistoryText("ann@example.com")
        #expect(try await history.page(filter, before: nil, limit: 100).records.count == 7)
    }
}
