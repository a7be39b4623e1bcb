import Mail
import RoundTrips
import TestKit

/// A year of made-up round trips, to see what a report makes of much: ten paths, each with habits and troubles of its own.
enum TripYear {
    static let upstreams = ["ses", "mailgun", "postmark", "sendgrid", nil]
    static let trips = ["gmail", "outlook"]
    static let days = 365
    static let end = Timestamp.sample

    static let history: TripHistory = {
        var history = TripHistory()
        var generator = SeededGenerator(seed: 15)
        for (place, trip) in trips.enumerated() {
            for (order, upstream) in upstreams.enumerated() {
                let path = TripPath(trip: trip, upstream: upstream, mailbox: "probe@\(trip).example")
                for probe in 0..<days * probesADay {
                    let sentAt = end - interval * probe
                    for kind in facts(sentAt, day: probe / probesADay, order + place * upstreams.count, &generator) {
                        history.record(TripFact(path: path, sentAt: sentAt, kind: kind), now: end)
                    }
                }
                addIncidents(to: &history, path, order)
            }
        }
        return history
    }()

    private static let probesADay = 4
    private static let interval = Duration.seconds(86_400 / probesADay)

    private static func facts(
        _ sentAt: Timestamp, day: Int, _ number: Int, _ generator: inout SeededGenerator
    ) -> [TripFact.Kind] {
        // The third path loses its mail for four days, the fourth goes into junk since the spring.
        if number == 2, 100..<104 ~= day { return [.sent, .missing] }
        if Int.random(in: 0..<2000, using: &generator) == 0 { return [.sent, .missing] }
        if number == 6, day == 40 { return [.sent, .failed] }
        let base = 900 + 400 * number
        let transit = base + Int.random(in: 0..<base, using: &generator) * (day % 30 == number ? 8 : 1)
        let tookAt = sentAt + .milliseconds(Int.random(in: 60..<400, using: &generator))
        let bounds = TripBounds(
            acceptedAt: sentAt, handedOverAt: sentAt + .milliseconds(Int.random(in: 1..<12, using: &generator)),
            tookAt: tookAt, seenAt: tookAt + .milliseconds(transit + 900))
        let times = TripTimes(
            HeaderTrace(), internalDate: tookAt + .milliseconds(transit), bounds, hostname: "relay")
        let isJunk = number == 3 && day < 200 && Int.random(in: 0..<3, using: &generator) > 0
        let isPassing = Int.random(in: 0..<500, using: &generator) > 0
        return [
            .sent,
            .arrived(
                TripArrival(
                    folder: isJunk ? .junk : .inbox, isLate: transit > 20_000, times: times,
                    authentication: AuthenticationResults(
                        spf: .pass, dkim: isPassing ? .pass : .fail, dmarc: isPassing ? .pass : .fail))),
        ]
    }

    private static func addIncidents(to history: inout TripHistory, _ path: TripPath, _ order: Int) {
        for number in 0..<4 {
            let began = end - .seconds(86_400 * (11 + 83 * number + 7 * order) + 1234)
            let verdict: TripVerdict = number % 2 == 0 ? .missing : .late
            history.record(.sample(verdict, at: began, path))
            history.record(.sample(.ok, at: began + .seconds(1900 * (number * number + 1)), path))
        }
    }
}
