import Testing

extension RootTests {
    @Suite("A full disk", .scenario)
    struct DiskFullTests {
        @Test("below min_free_space mail is refused with 452, deliveries continue, and mail is accepted again later")
        func minFreeSpace() throws {
            let disk = try SmallDisk(mebibytes: 36)
            let sink = try Sink(keepsContent: true)
            try sink.killNow()
            var config = RelayConfig(sink.upstream("sink"))
            config.spool = ["min_free_space = \"18MiB\""]
            let relay = try Relay(config, spoolPath: disk.path + "/spool")
            var mails = TestMail.series("room", 1500, sizes: [14_000])
            var sent = try Burst(mails, to: relay.port).finish()
            try relay.wait(for: 1, "spool_full")
            // The spool frees space once more when it empties its log: it is full when a whole burst is refused.
            var refused = Burst.Result()
            for round in 0..<40 where refused.accepted.count + refused.refused.count == 0 || !refused.accepted.isEmpty {
                let more = TestMail.series("more-\(round)", 50, sizes: [14_000])
                mails += more
                refused = try Burst(more, to: relay.port).finish()
                sent.accepted.formUnion(refused.accepted)
            }
            #expect(refused.refused.count == 50)
            #expect(refused.refused.values.allSatisfy { $0.hasPrefix("452 4.3.1 ") }, "\(Set(refused.refused.values))")
            #expect(try relay.queue().count == sent.accepted.count)
            try sink.restart()
            try sink.wait(for: sent.accepted.count)
            try relay.waitForRoom()
            try checkRest(relay, sink, sent, mails)
        }

        @Test("when another program has filled the disk, mail is refused with 452, and nothing is left half done")
        func filled() throws {
            // A segment for large content is 64 MiB, and one may be in reserve.
            let disk = try SmallDisk(mebibytes: 256)
            let sink = try Sink(keepsContent: true)
            let relay = try Relay(RelayConfig(sink.upstream("sink")), spoolPath: disk.path + "/spool")
            let before = TestMail.series("before", 20, sizes: [300, 60_000])
            var sent = try Burst(before, to: relay.port).finish()
            #expect(sent.accepted.count == 20)
            try sink.wait(for: 20)
            try disk.fill()
            let mails = TestMail.series("full", 400, sizes: [300, 60_000, 10_000])
            let refused = try Burst(mails, to: relay.port).finish()
            #expect(refused.refused.count > 100)
            #expect(refused.refused.values.allSatisfy { $0.hasPrefix("452 4.3.1 ") }, "\(Set(refused.refused.values))")
            #expect(!relay.process.hasEnded)
            disk.makeRoom()
            try relay.waitForRoom()
            sent.accepted.formUnion(refused.accepted)
            try sink.wait(for: sent.accepted.count)
            try checkRest(relay, sink, sent, before + mails)
        }

        /// Another program takes the rest of the disk before the upstream comes back.
        enum Trouble: CaseIterable, Sendable {
            case none, kill, filler, fillerAndKill
        }

        @Test(
            "a burst of 8 connections leaves min_free_space, and all of it goes out once the upstream is back",
            arguments: Trouble.allCases)
        func burst(_ trouble: Trouble) throws {
            let disk = try SmallDisk(mebibytes: 40)
            let sink = try Sink()
            try sink.killNow()
            var config = RelayConfig(sink.upstream("sink"))
            config.spool = ["min_free_space = \"8MiB\""]
            let relay = try Relay(config, spoolPath: disk.path + "/spool")
            let mails = TestMail.series("burst", 5000, sizes: [8000])
            let sent = try Burst(mails, to: relay.port, connections: 8).finish()
            #expect(sent.accepted.count > 1000 && !sent.refused.isEmpty)
            #expect(sent.refused.values.allSatisfy { $0.hasPrefix("452 4.3.1 ") })
            #expect(disk.free >= 8 << 20)
            if trouble == .filler || trouble == .fillerAndKill { try disk.fill() }
            if trouble == .kill || trouble == .fillerAndKill {
                try relay.process.killNow()
                try relay.restart()
            }
            try sink.restart()
            try sink.wait(for: sent.accepted.count)
            #expect(try relay.stop() == .code(0))
            try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        }

        @Test("a volume smaller than a segment takes large mail that fits, and small mail after some that does not")
        func smallVolume() throws {
            let disk = try SmallDisk(mebibytes: 24)
            let sink = try Sink(keepsContent: true)
            try sink.killNow()
            let relay = try Relay(RelayConfig(sink.upstream("sink")), spoolPath: disk.path + "/spool")
            let (large, tooLarge) = (TestMail(tag: "large", size: 21_000), TestMail(tag: "too-large", size: 30_000_000))
            let client = try relay.connect()
            try client.greet()
            #expect(try client.deliver(large).hasPrefix("250 "))
            #expect(try client.deliver(tooLarge).hasPrefix("452 4.3.1 "))
            let small = TestMail.series("small", 20, sizes: [300, 100_000])
            let sent = try Burst([large] + small, to: relay.port).finish()
            #expect(sent.accepted.count == 21, "\(Set(sent.refused.values)) \(relay.process.lastWords)")
            try sink.restart()
            try sink.wait(for: 22)
            #expect(try relay.stop() == .code(0))
        }

        /// Mail is welcome again, and the records are right.
        private func checkRest(_ relay: Relay, _ sink: Sink, _ sent: Burst.Result, _ mails: [TestMail]) throws {
            var sent = sent
            let last = TestMail(tag: "last")
            // While the queue drains, space may come and go for a while.
            var reply = "452 4.3.1 "
            for _ in 0..<2000 where reply.hasPrefix("452 4.3.1 ") {
                let client = try relay.connect()
                try client.greet()
                reply = try client.deliver(last)
            }
            #expect(reply.hasPrefix("250 "))
            sent.accepted.insert(last.tag)
            try sink.wait(for: sent.accepted.count)
            #expect(try relay.stop() == .code(0))
            try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
            try sink.checkContent(of: mails + [last])
        }
    }
}

extension Relay {
    /// Waits until mail is welcome again: what troubles the spool may have several causes, and all of them end in one
    /// line.
    fileprivate func waitForRoom() throws {
        let events = ["spool_full", "spool_unwritable", "spool_recovered"].map { "\"event\":\"\($0)\"" }
        _ = try process.waitForErrors("spool_recovered at the end", within: .seconds(60)) { lines in
            let last = lines.last { line in events.contains { line.contains($0) } }
            return last?.contains(events[2]) == true ? true : nil
        }
    }
}
