extension AlertRule {
    /// What every relay looks at, unless relay.conf says no: each has the name of its kind.
    package static let defaults: [AlertRule] = [
        usual(.upstreamOpen, after: .seconds(60)),
        usual(.onFallback, after: .seconds(900)),
        usual(.allDown, after: .seconds(10)),
        usual(.queueAge, after: .seconds(60)),
        usual(.bounceRate, after: .seconds(60)),
        usual(.inDoubt, after: .seconds(900)),
        usual(.disk, after: .seconds(60)),
        usual(.certificate, after: .zero),
        usual(.userSuspected, after: .zero),
        usual(.credential, after: .zero),
        usual(.roundTrip, after: .zero),
    ]

    private static func usual(_ kind: AlertKind, after hold: Duration) -> AlertRule {
        var rule = AlertRule(name: kind.rawValue, kind: kind)
        rule.hold = hold
        rule.isDefault = true
        return rule
    }
}
