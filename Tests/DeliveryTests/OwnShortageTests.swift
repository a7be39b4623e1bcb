import Glibc
import NIOCore
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("A shortage of this machine")
struct OwnShortageTests {
    static let errors = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL]

    @Test(
        "is no upstream's failure: mail waits, nothing moves on, and it goes out when there is enough",
        arguments: errors)
    func waits(_ error: Int32) throws {
        let stage = DeliveryStage()
        stage.first.refuses = true
        stage.first.connectError = error
        for _ in 0..<10 { stage.accept() }
        try stage.advance(.milliseconds(2500))
        #expect(stage.words == ["connecting paused first"])
        #expect(stage.first.connects <= 30, "a connection is tried once a second for each session")
        #expect(stage.second.connects == 0)
        stage.first.refuses = false
        try stage.advance(.milliseconds(1100))
        #expect(stage.first.received.count == 10)
        #expect(
            stage.words.filter { !$0.hasPrefix("delivered first") } == [
                "connecting paused first", "connecting resumed first",
            ])
    }

    @Test("is not a failed health check", arguments: errors)
    func probes(_ error: Int32) throws {
        let stage = DeliveryStage { $0.health.interval = .seconds(30) }
        stage.first.refuses = true
        stage.first.connectError = error
        stage.dispatcher.restore([])
        try stage.advance(.seconds(300))
        #expect(stage.words == ["connecting paused first"])
        #expect((2...15).contains(stage.first.connects))
    }

    @Test("is told from what others do")
    func others() throws {
        for number in [ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EPIPE] {
            #expect(OwnShortage.reason(IOError(errnoCode: number, reason: "connect")) == nil)
        }
        #expect(OwnShortage.reason(ChannelError.connectTimeout(.seconds(1))) == nil)
        for number in Self.errors {
            #expect(OwnShortage.reason(IOError(errnoCode: number, reason: "connect")) != nil)
        }
        #expect(OwnShortage.ofDescriptors == nil)
    }

    @Test("that keeps a secret from being read does not blame the account")
    func secrets() {
        let failure = SessionFailure(.shortage("password_file /x cannot be read: Too many open files"), at: .auth)
        #expect(failure.fault == .ours)
        let ending = SessionEnding(failure, isGreeted: true, started: 0, isWanted: true)
        #expect(ending.fate == .untried && !ending.isFailure(losesMail: false))
    }
}
