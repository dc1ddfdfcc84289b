extension DemoTicketStory {
  static let hardware: [DemoTicketStory] = [
    .init(
      "Front desk printer jams on every second page",
      "Since this morning the printer at the front desk pulls two sheets at once and stops. We cleaned the tray and used new paper, no change. We can print on the other one for now.",
      issue: "hardware", sub: "printer",
      finding:
        "Pickup roller is worn smooth, page counter 84,000. Part number RM2-5741, two in stock.",
      reply:
        "The pickup roller has reached the end of its life. We have one in stock and can fit it tomorrow between 8 and 9, before you open. It takes ten minutes.",
      thanks: "Tomorrow at 8 is fine, somebody will be at the desk.", minutes: 35),
    .init(
      "Laptop does not charge in the docking station",
      "My laptop shows 'plugged in, not charging' when it sits in the dock. With the small charger from home it works. I have a client visit on Thursday.",
      issue: "hardware", sub: "laptop",
      finding:
        "Dock firmware 1.0.9 negotiates 45 W only. 1.0.14 fixes it according to the vendor's release notes.",
      reply:
        "The dock was giving your laptop half the power it needs. We updated its firmware remotely; please unplug the dock from the wall for ten seconds and try again.",
      thanks: "Charging again at full speed. That was quick, thank you.", minutes: 25),
    .init(
      "Second monitor flickers",
      "The left screen goes black for a second every few minutes. It is worse in the afternoon.",
      priority: "low", issue: "hardware", sub: "monitor",
      finding:
        "Cable runs along the radiator pipe and is pinched behind the desk. Swapped remotely is not possible; bring a 2 m DisplayPort cable on the next visit.",
      reply:
        "Flicker that gets worse as the room warms up is nearly always the cable. We will bring a new one on Wednesday's visit. Until then 60 Hz in the display settings should keep it steady.",
      thanks: "60 Hz helps already. See you Wednesday.", minutes: 20),
    .init(
      "Server room is beeping",
      "There is a loud beep from the cabinet every thirty seconds. Nothing seems to be down but nobody can work next door.",
      priority: "urgent", issue: "hardware", sub: "server",
      finding:
        "UPS reports battery end of life, self-test failed. Load 38 %, runtime estimate 4 minutes. Ordered a replacement pack, muted the alarm.",
      reply:
        "That is the battery of the emergency power supply asking to be replaced. Everything is running. We have silenced the alarm and will swap the battery on Friday; there is no interruption.",
      thanks: "What a relief. Friday is fine, please ring at the back door.", minutes: 50),
    .init(
      "Card reader at the till is not found",
      "The till says 'no terminal' since the power cut. Restarted both, no luck. We take cash for now.",
      priority: "high", issue: "hardware", sub: "peripheral",
      finding:
        "Terminal came back with a DHCP address; the till expects 10.20.4.31. Reservation was lost with the old router config.",
      reply:
        "The card reader had received a different network address after the power cut. We have pinned it to its old one. Please restart the till once more and run a test payment of one cent.",
      thanks: "Test payment went through. Thank you, just in time for lunch.", minutes: 40),
    .init(
      "New starter needs a workstation",
      "Our new colleague begins on the first of next month and needs the usual setup: laptop, two screens, headset and the drawing software.",
      category: "request", type: "service-request", priority: "low", issue: "hardware",
      sub: "laptop",
      finding: "Standard image B, licence pool has one seat left. Ordered headset.",
      reply:
        "Everything is ordered and arrives on the 24th. We install it on the 28th so that it is ready on day one. Could you tell us which desk it will be?",
      thanks: "The desk by the window, next to the plotter.", minutes: 90),
    .init(
      "Tablet screen cracked",
      "One of the chairside tablets fell down. It still works but the glass is sharp. Can it be repaired?",
      type: "service-request", issue: "hardware", sub: "tablet",
      finding: "Within the accident cover until March. Serial checked, claim opened.",
      reply:
        "Good news, the tablet is still covered. Please put it into the padded envelope that arrives tomorrow; a replacement with your apps is on its way.",
      thanks: "Envelope came, tablet is on its way to you.", minutes: 30),
    .init(
      "Plotter prints in the wrong scale",
      "Plans come out at 97 %. For A1 that is three centimetres. It was right until last week.",
      priority: "high", issue: "hardware", sub: "printer",
      finding: "Driver update reset 'fit to paper' to on. Locked the preset in the policy.",
      reply:
        "Last week's driver update switched on 'fit to paper'. We have turned it off for everybody and locked it, so that the next update cannot change it again.",
      thanks: "Measured it: 841 mm. Perfect.", minutes: 45),
  ]

  static let network: [DemoTicketStory] = [
    .init(
      "Wi-Fi drops in the meeting room",
      "Video calls freeze in the big meeting room, usually after about ten minutes. In the open office everything is fine.",
      issue: "network", sub: "wifi",
      finding:
        "AP-3 on channel 44 shares with the neighbour's 80 MHz cell, 61 % airtime. Moved to 100, width 40.",
      reply:
        "The access point next to the meeting room was competing with a neighbour's network. We moved it to a free channel. Could you tell us after the next long call whether it held?",
      thanks: "Ninety minutes without a hiccup today.", minutes: 40),
    .init(
      "Internet is very slow since Monday",
      "Uploads of X-rays take minutes instead of seconds. A speed test shows 3 Mbit/s up. We pay for 50.",
      priority: "high", issue: "network", sub: "internet",
      finding:
        "Line card shows CRC errors, provider ticket 4471-208 opened, technician booked. Failover to LTE works but is metered.",
      reply:
        "The fault is on your provider's line; we have reported it with measurements and they send a technician tomorrow morning. Until then the office runs over the backup connection, which is quick enough for everything but large uploads.",
      thanks: "Technician was here, 52 up. Thanks for pushing them.", minutes: 75),
    .init(
      "VPN asks for the password again and again",
      "Working from home is impossible today, the VPN asks for my password in a loop. It worked yesterday.",
      issue: "network", sub: "vpn",
      finding:
        "Client certificate expired last night, renewal task had been disabled by the last update. Renewed and fixed the task for the whole group.",
      reply:
        "The certificate that lets your laptop in had expired overnight. We have renewed it. Please restart the VPN client once; it will not happen again, renewal is automatic now.",
      thanks: "In. Thank you!", minutes: 30),
    .init(
      "Guest Wi-Fi for an event",
      "We have forty guests on the 12th for the open day. Can they get Wi-Fi without reaching our shared drives?",
      category: "request", type: "service-request", priority: "low", issue: "network", sub: "wifi",
      finding:
        "Guest VLAN 90 exists, captive portal off. Schedule voucher for that day, 5 Mbit/s per client.",
      reply:
        "Yes. We have prepared a guest network for that day only, separated from everything of yours. The poster with the QR code is attached to the mail that follows.",
      thanks: "The guests were happy and so was the office.", minutes: 35),
    .init(
      "Phones at reception are silent",
      "Callers hear us ring but the phones on both reception desks do not. The mobile app works.",
      priority: "urgent", issue: "network", sub: "telephony",
      finding:
        "Switch port 11 and 12 lost voice VLAN after the replacement. Re-applied the template.",
      reply:
        "The two ports at reception had lost their telephone setting when the switch was replaced. They are right again; please make one test call to each desk.",
      thanks: "Both ring.", minutes: 25),
    .init(
      "Scanner cannot reach the shared folder",
      "Scan to folder fails with 'connection error' on all three floors.",
      issue: "network", sub: "file-share",
      finding:
        "Scanners speak SMB1 only, server disabled it in the hardening. Set up SFTP drop for them instead of re-enabling SMB1.",
      reply:
        "The scanners used a protocol that we switched off for safety. We have given them a safer way to the same folder; you do not have to change anything.",
      thanks: "Scans arrive. Thanks.", minutes: 60),
    .init(
      "Cold store sensor offline",
      "The temperature of cold store 2 has not been recorded since 2 a.m. The display on the door shows -21, so the fish is fine, but the inspector wants a complete log.",
      priority: "high", issue: "network", sub: "sensor",
      finding:
        "Gateway rebooted into an old config after the power dip. Sensor buffers 48 h, so nothing is lost; re-paired and back-filled.",
      reply:
        "The gateway had fallen back to an old configuration. The sensor kept its own record for the night and we have filled the gap, so your log is complete. We also raised an alarm for silence longer than 15 minutes.",
      thanks: "Log is complete, inspector is content.", minutes: 55),
  ]
}
