import Mail
import NIOCore
import Notices
import Spool
import Synchronization
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("An upstream with a quota")
struct QuotaTests {
    /// A disk that writes when it is told to.
    private final class Disk: Sendable {
        private let waiting = Mutex<[([String: QuotaRecord], @Sendable (String?) -> Void)]>([])
        private let contents = Mutex<[String: QuotaRecord]>([:])

        var keeping: QuotaKeeping {
            QuotaKeeping(records: contents.withLock { $0 }) { records, done in
                self.waiting.withLock { $0.append((records, done)) }
            }
        }

        var isWanted: Bool { waiting.withLock { !$0.isEmpty } }

        /// - Parameter failure: why it cannot write.
        func write(failure: String? = nil) {
            let taken = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for (records, done) in taken {
                if failure == nil { contents.withLock { $0 = records } }
                done(failure)
            }
        }
    }

    private func stage(_ quotas: String..., upstreams: Int = 2, disk: Disk? = nil) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams, quotas: disk?.keeping ?? QuotaKeeping.none) {
            $0.upstreams[0].quota = quotas.compactMap { Quota($0) }
        }
    }

    private func used(_ stage: DeliveryStage) -> [Int] { stage.dispatcher.statuses()[0].quotas.map(\.used) }

    private func hasTrouble(_ stage: DeliveryStage) -> Bool {
        stage.words.contains { $0.hasPrefix("circuit") || $0.hasPrefix("deferred") || $0.hasPrefix("failed") }
    }

    // MARK: - Used up

    @Test("is passed over when that is used up, without an attempt, and its circuit stays closed")
    func passedOver() throws {
        let stage = stage("3/d")
        for _ in 0..<8 {
            stage.accept()
            try stage.settle()
        }
        #expect(stage.first.received.count == 3)
        #expect(stage.second.received.count == 5)
        #expect(!hasTrouble(stage))
        #expect(stage.words.contains("quota near first 3/d") || stage.words.contains("quota spent first 3/d"))
        let status = stage.dispatcher.statuses()[0]
        #expect(status.quotas.map(\.left) == [0])
        #expect(status.share == 0 && status.failedTotal == 0)
        #expect(status.quotaFreeAt == DeliveryStage.epoch + .seconds(16 * 3600))
    }

    @Test("gets no more than that of many messages at once")
    func burst() throws {
        let stage = stage("7/d")
        for _ in 0..<100 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 7)
        #expect(stage.second.received.count == 93)
        #expect(!hasTrouble(stage))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("gets the recipients that it may have, and the next one gets the others")
    func divided() throws {
        let stage = stage("3/d")
        stage.accept(to: (0..<5).map { "r\($0)@x" })
        try stage.settle()
        #expect(stage.first.received.map(\.recipients.count) == [3])
        #expect(stage.second.received.map(\.recipients.count) == [2])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("lets mail wait that nobody else may have, untried, until its day is over")
    func waiting() throws {
        let stage = stage("2/d", upstreams: 1)
        let ids = (0..<4).map { _ in stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 2)
        let left = ids.filter { !stage.recipients(of: $0).isEmpty }
        #expect(left.count == 2)
        #expect(left.allSatisfy { stage.recipients(of: $0)[0].attempts == 0 })
        try stage.leap(.seconds(16 * 3600 - 60))
        #expect(stage.first.received.count == 2)
        try stage.leap(.seconds(120))
        #expect(stage.first.received.count == 4)
        #expect(!hasTrouble(stage))
    }

    // MARK: - What counts

    @Test("counts those that it takes, and those that are in doubt")
    func counting() throws {
        let stage = stage("100/d", upstreams: 1)
        stage.first.script = { phase, address in
            phase == .rcpt && address.contains("gone") ? .reply("550 5.1.1 no such user") : nil
        }
        stage.accept(to: ["a@x", "gone@x"])
        try stage.settle()
        #expect(used(stage) == [1])
        stage.first.script = { phase, _ in phase == .mail ? .reply("451 4.3.0 later") : nil }
        stage.accept()
        try stage.settle()
        #expect(used(stage) == [1])
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        try stage.advance(.seconds(60))
        #expect(stage.words.contains("in doubt first"))
        #expect(used(stage)[0] >= 2)
    }

    @Test("believes its own word about that, and nothing has failed")
    func reply() throws {
        let stage = stage("100/d")
        stage.first.script = { phase, _ in
            phase == .dot ? .reply("550 5.4.5 Daily user sending quota exceeded. - gsmtp") : nil
        }
        for _ in 0..<5 {
            stage.accept()
            try stage.settle()
        }
        #expect(stage.first.contents.count == 1)
        #expect(stage.second.received.count == 5)
        #expect(stage.words.contains("quota corrected first 100/d by upstream"))
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
        #expect(used(stage) == [100])
    }

    @Test("is told of once where many messages hear its word at the same time")
    func replies() throws {
        for quota in ["100/d", "100/24h"] {
            let stage = stage(quota)
            stage.first.script = { phase, _ in
                phase == .dot ? .reply("454 4.7.0 Throttling failure: Daily message quota exceeded.") : nil
            }
            for _ in 0..<20 { stage.accept() }
            try stage.settle()
            #expect(stage.first.contents.count > 1)
            #expect(stage.second.received.count == 20)
            #expect(stage.words.count { $0 == "quota corrected first \(quota) by upstream" } == 1)
        }
    }

    @Test("opens its circuit as ever where a reply about the account is about something else")
    func otherReply() throws {
        let stage = stage("100/d")
        stage.first.script = { phase, _ in phase == .dot ? .reply("554 5.7.1 Your account is suspended") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.words.contains("circuit first open"))
        #expect(used(stage) == [0])
    }

    // MARK: - Doubts

    /// The only recipient that it may have is in doubt.
    private func doubtful(_ quota: String) throws -> (DeliveryStage, QueueID) {
        let stage = stage(quota)
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        let id = stage.accept()
        try stage.settle()
        stage.first.script = { _, _ in nil }
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        return (stage, id)
    }

    @Test("has a doubt wait for that, or go to the others if it would fail before")
    func doubts() throws {
        for (quota, isElsewhere) in [("1/month", true), ("1/1h", false)] {
            let (stage, _) = try doubtful(quota)
            try stage.leap(.seconds(59))
            #expect(stage.second.received.isEmpty)
            try stage.leap(.seconds(60))
            #expect(stage.second.received.count == (isElsewhere ? 1 : 0), "\(quota)")
            try stage.leap(.seconds(3700))
            #expect(stage.first.received.count == (isElsewhere ? 0 : 1), "\(quota)")
            #expect(stage.spool.messages.isEmpty)
        }
    }

    @Test("has a doubt wait in any case if an operator has said that it is to have it")
    func resolvedDoubt() throws {
        let (stage, id) = try doubtful("1/month")
        _ = stage.dispatcher.resolve(id, nil, as: .retry)
        try stage.leap(.seconds(300))
        #expect(stage.second.received.isEmpty)
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        _ = stage.dispatcher.correctQuota("first", QuotaCorrection(used: 0))
        try stage.leap(.seconds(10))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    // MARK: - On disk

    @Test("gets no content before its part is durable")
    func durable() throws {
        let disk = Disk()
        let stage = stage("100/d", disk: disk)
        stage.accept()
        try stage.settle()
        #expect(stage.first.commands.contains { $0.hasPrefix("RCPT") })
        #expect(stage.first.contents.isEmpty)
        #expect(disk.isWanted)
        disk.write()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        let again = self.stage("100/d", disk: disk)
        #expect((1...2).contains(used(again)[0]))
    }

    @Test("gets nothing while that cannot be written, and all of it later")
    func unwritable() throws {
        let disk = Disk()
        let stage = stage("100/d", upstreams: 1, disk: disk)
        stage.accept()
        try stage.settle()
        disk.write(failure: "no space left")
        try stage.settle()
        #expect(stage.words.contains("quotas unwritable"))
        #expect(stage.first.contents.isEmpty)
        try stage.advance(.seconds(3))
        disk.write()
        try stage.advance(.seconds(1))
        #expect(stage.first.received.count == 1)
        #expect(stage.words.count { $0 == "quotas unwritable" } == 1)
        #expect(!hasTrouble(stage))
    }

    @Test("a sender hears of a recipient that failed before the write did")
    func noticeOverFailure() throws {
        let disk = Disk()
        let stage = DeliveryStage(upstreams: 1, quotas: disk.keeping) {
            $0.upstreams[0].quota = [Quota(limit: 100, period: .day)]
            $0.notices.deliver = .mail
        }
        stage.accept(to: ["a@x", "b@x>\r\nRCPT TO:<c@x"], from: "app@x")
        try stage.settle()
        disk.write(failure: "no space left")
        try stage.settle()
        #expect(stage.words.count { $0 == "notice failure app@x" } == 1)
        for _ in 0..<4 {
            try stage.advance(.seconds(2))
            disk.write()
        }
        try stage.settle()
        #expect(Set(stage.first.received.map(\.recipients)) == [["a@x"], ["app@x"]])
        #expect(stage.words.count { $0 == "notice failure app@x" } == 1)
    }

    @Test("has after a stop exactly what it was given")
    func stopped() throws {
        let disk = Disk()
        let stage = stage("1000/d", disk: disk)
        for _ in 0..<3 {
            stage.accept()
            try stage.settle()
            disk.write()
            try stage.settle()
        }
        stage.dispatcher.stop(grace: .seconds(1)) {}
        try stage.advance(.seconds(2))
        disk.write()
        #expect(used(self.stage("1000/d", disk: disk)) == [3])
    }

    @Test("has exactly that after a stop in the midst of a write too, and nothing is written later")
    func stoppedWhileWriting() throws {
        let disk = Disk()
        let stage = stage("1000/d", disk: disk)
        stage.accept()
        try stage.settle()
        disk.write()
        try stage.settle()
        for _ in 0..<4 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 5)
        #expect(disk.isWanted)
        stage.dispatcher.stop(grace: .seconds(1)) {}
        try stage.advance(.seconds(2))
        disk.write()
        try stage.advance(.seconds(2))
        #expect(!disk.isWanted)
        #expect(used(self.stage("1000/d", disk: disk)) == [5])
    }

    @Test("is given back what its last record had room for, once it is out of relay.conf and has nothing left to do")
    func removed() throws {
        let disk = Disk()
        let stage = stage("1000/d", disk: disk)
        for _ in 0..<3 {
            stage.accept()
            try stage.settle()
            disk.write()
            try stage.settle()
        }
        let quota = Quota(limit: 1000, period: .day)
        for _ in 0..<3 {
            try stage.reload { $0.upstreams.removeFirst() }
            disk.write()
            try stage.settle()
            try stage.reload { settings in
                var first = DeliveryStage.upstream("first")
                first.quota = [quota]
                settings.upstreams.insert(first, at: 0)
            }
            disk.write()
            try stage.settle()
        }
        #expect(used(stage) == [3])
        #expect(used(self.stage("1000/d", disk: disk)) == [3])
    }

    // MARK: - Changes

    @Test("an operator corrects the count, and mail goes on; the answer waits for the disk")
    func correction() throws {
        let disk = Disk()
        let stage = stage("1/d", upstreams: 1, disk: disk)
        for _ in 0..<2 { stage.accept() }
        try stage.settle()
        disk.write()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        var results: [QuotaCorrectionResult] = []
        let order = QuotaCorrection(used: 0, reason: "the provider says so")
        stage.dispatcher.correctQuota("first", order).assumeIsolated().whenSuccess { results.append($0) }
        try stage.settle()
        #expect(results.isEmpty)
        disk.write()
        try stage.settle()
        guard case .done(_, unsaved: nil)? = results.first else {
            Issue.record("the order has not been carried out: \(results)")
            return
        }
        disk.write()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.words.contains("quota corrected first 1/d by operator"))
    }

    @Test("the answer to an operator is that of the write after the order, not of one that fails before it")
    func correctionAfterFailure() throws {
        let disk = Disk()
        let stage = stage("100/d", upstreams: 1, disk: disk)
        stage.accept()
        try stage.settle()
        var answers: [String] = []
        stage.dispatcher.correctQuota("first", QuotaCorrection(used: 7)).assumeIsolated().whenSuccess { result in
            if case .done(_, let unsaved) = result { answers.append(unsaved ?? "on disk") }
        }
        try stage.settle()
        disk.write(failure: "no space left")
        try stage.settle()
        #expect(answers.isEmpty)
        try stage.advance(.seconds(2))
        disk.write()
        try stage.settle()
        #expect(answers == ["on disk"])
        #expect(used(self.stage("100/d", upstreams: 1, disk: disk))[0] >= 7)
    }

    @Test("an order about a quota that there is not changes nothing")
    func unknown() throws {
        let stage = stage("10/d", "100/month")
        var words: [String] = []
        let orders =
            [("first", nil), ("first", .rolling(.seconds(3600))), ("third", .day)] as [(String, Quota.Period?)]
        for (name, period) in orders {
            stage.dispatcher.correctQuota(name, QuotaCorrection(period: period, used: 5)).assumeIsolated()
                .whenSuccess { result in
                    switch result {
                    case .done: words.append("done")
                    case .unknownUpstream: words.append("no upstream")
                    case .unknownQuota(let quotas): words.append(quotas.map(\.text).joined(separator: " "))
                    }
                }
        }
        try stage.settle()
        #expect(words == ["10/d 100/month", "10/d 100/month", "no upstream"])
        #expect(used(stage) == [0, 0])
    }

    @Test("a reload with a larger quota lets waiting mail go, and keeps the count")
    func reload() throws {
        let stage = stage("1/d", upstreams: 1)
        for _ in 0..<4 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 1)
        try stage.reload { $0.upstreams[0].quota = [Quota(limit: 3, period: .day)] }
        #expect(stage.first.received.count == 3)
        try stage.reload { $0.upstreams[0].quota = [] }
        #expect(stage.first.received.count == 4)
    }

    @Test("a clock that is set back gives nothing twice")
    func clock() throws {
        let stage = stage("2/d")
        for _ in 0..<2 { stage.accept() }
        try stage.settle()
        stage.step(by: .seconds(-86_400))
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.second.received.count == 1)
    }
}
