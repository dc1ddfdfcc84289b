extension DemoTicketStory {
  static let email: [DemoTicketStory] = [
    .init(
      "Suspicious mail from 'the director'",
      "Three of us got a mail asking to buy gift cards, signed by our director. The address looks odd. Nobody has answered.",
      type: "security", priority: "high", issue: "email", sub: "phishing",
      finding:
        "Display-name spoof from a free mail account. Blocked sender, purged from 11 mailboxes, nobody clicked.",
      reply:
        "You did exactly the right thing. It was a forgery; we have removed it from every mailbox and blocked the sender. Nothing on your side is affected.",
      thanks: "Good to know. I told the team to keep asking.", minutes: 30),
    .init(
      "Mails to one customer come back",
      "Everything we send to our biggest customer bounces with a long error about SPF. Others receive our mail.",
      priority: "high", issue: "email", sub: "delivery",
      finding:
        "Newsletter vendor was added without updating SPF, 12 lookups. Flattened the record, DMARC report clean.",
      reply:
        "Your newsletter service had pushed your sender record over a technical limit and this customer checks strictly. We have shortened the record; mails go through again. The bounced ones have to be sent once more.",
      thanks: "They answered within minutes. Thank you.", minutes: 50),
    .init(
      "Shared mailbox for bookings",
      "We would like bookings@ as a shared mailbox for Nora, Emil and me, with a common signature.",
      category: "request", type: "service-request", priority: "low", issue: "email", sub: "mailbox",
      finding: "Created, send-as for three, retention as the others.",
      reply:
        "The mailbox is there and appears in Outlook for the three of you by itself within the hour. Answers carry the common signature.",
      thanks: "It is there. Lovely.", minutes: 20),
    .init(
      "Mailbox is full",
      "Outlook says my mailbox is full and I cannot send. I never delete plans from clients.",
      issue: "email", sub: "mailbox",
      finding:
        "49.8 of 50 GB, 31 GB in attachments older than 2 years. Enabled online archive, policy 24 months.",
      reply:
        "We have switched on an archive for you. Mails older than two years move there by themselves; you find them in the same list under 'Archive'. Sending works again now.",
      thanks: "Works. I did not know about the archive.", minutes: 25),
    .init(
      "Calendar shows meetings an hour late",
      "Since the clocks changed all meetings with our supplier are an hour off, only on my phone.",
      priority: "low", issue: "email", sub: "calendar",
      finding: "Phone was on a fixed zone (UTC+1) instead of automatic.",
      reply:
        "Your phone was set to a fixed time zone. Under Settings, Date and time, please switch on 'Automatic'. The meetings then move by themselves.",
      thanks: "So simple. Thanks.", minutes: 10),
  ]

  static let accounts: [DemoTicketStory] = [
    .init(
      "Locked out of my account",
      "I came back from holiday and my password is not accepted. After three times it says locked.",
      priority: "high", issue: "access", sub: "password",
      finding:
        "Password expired during leave, cached credentials on the phone locked it. Called back on the number on file to verify.",
      reply:
        "We have unlocked the account and called you with a one-time password. Please also enter the new one on your phone, otherwise it locks you out again.",
      thanks: "Back in. The phone was it, as you said.", minutes: 15),
    .init(
      "Colleague leaves at the end of the month",
      "Marten leaves on the 31st. Please close his access that evening and forward his mail to Ida for three months.",
      category: "request", type: "service-request", issue: "access", sub: "offboarding",
      finding:
        "Scheduled disable 31st 18:00, forward set, licence returns to the pool, laptop to be collected.",
      reply:
        "It is scheduled for the 31st at 18:00. Mail goes to Ida for three months and his files are kept for you on the shared drive. We collect the laptop the next morning.",
      thanks: "Perfect, thank you.", minutes: 40),
    .init(
      "Access to the project folder",
      "Please give our external planner read access to the 'Harbour hall' folder until the end of the year.",
      category: "request", type: "service-request", priority: "low", issue: "access",
      sub: "permissions",
      finding: "Guest account with expiry 31 Dec, read only, MFA enforced.",
      reply:
        "The planner has received an invitation. Access is read-only and ends by itself on 31 December.",
      thanks: "She is in. Thanks.", minutes: 15),
    .init(
      "Two-factor codes do not arrive",
      "The code by text message takes ten minutes and is then too old.",
      issue: "access", sub: "two-factor",
      finding: "Carrier delays. Moved user to authenticator app, removed SMS.",
      reply:
        "Text messages are slow at your provider this week. We suggest the authenticator app instead; it needs no reception. We can set it up together in five minutes, just reply with a time.",
      thanks: "Did it over lunch, much better.", minutes: 20),
    .init(
      "Class tablets ask for an Apple ID",
      "All tablets of class 4b ask the children for an Apple ID since the update. The lesson starts at ten.",
      priority: "urgent", issue: "access", sub: "device-management",
      finding:
        "Push certificate renewed with the wrong ID last night; re-enrolled the group, 26 of 26 check in.",
      reply:
        "The tablets had lost contact with the school's device management overnight. All 26 are connected again; please restart those that still show the question.",
      thanks: "All 26 are working, and it is 9:50. You are wonderful.", minutes: 65),
  ]

  static let software: [DemoTicketStory] = [
    .init(
      "Practice software is slow in the morning",
      "Between eight and nine opening a patient takes half a minute. After that it is quick.",
      issue: "software", sub: "line-of-business",
      finding:
        "Backup job overlaps with opening hours since it grew. Moved to 22:00 and split the image store.",
      reply:
        "The nightly backup had grown and was still running when you opened. It now starts earlier and no longer slows you down in the morning.",
      thanks: "This morning it was instant.", minutes: 70),
    .init(
      "Accounting export fails",
      "The export for our accountant stops at 80 % with 'unexpected character'.",
      issue: "software", sub: "line-of-business",
      finding:
        "A supplier name with a line break in it. Cleaned the record, vendor ticket for proper escaping.",
      reply:
        "One supplier's name contained an invisible line break. We have removed it and the export runs through. We reported it to the maker so that it cannot happen again.",
      thanks: "The accountant has it. Thank you.", minutes: 45),
    .init(
      "Drawing software wants a licence",
      "Since today it starts in viewer mode and asks for a licence. Deadline is Friday.",
      priority: "urgent", issue: "software", sub: "licence",
      finding:
        "Licence server VM did not come up after patching: service set to manual. Set to automatic, monitoring added.",
      reply:
        "The licence server had not started after last night's maintenance. It runs again and we now watch it. Please restart the software once.",
      thanks: "Running. Deadline is safe.", minutes: 30),
    .init(
      "Update the interactive boards",
      "The boards in rooms 1 to 6 show an update every morning. Can this be done once for all, after school?",
      category: "request", type: "service-request", priority: "low", issue: "software",
      sub: "update",
      finding: "Firmware 7.2 staged, schedule Wed 16:00, rollback image ready.",
      reply:
        "We will update all six boards on Wednesday at 16:00, when the rooms are empty. They will be ready on Thursday morning and stop asking.",
      thanks: "Six boards, no questions. Thank you.", minutes: 60),
    .init(
      "Deleted a folder by mistake",
      "I deleted the folder 'Menus autumn' on the shared drive about an hour ago. Is it gone?",
      priority: "high", issue: "software", sub: "restore",
      finding: "Restored from the 10:00 snapshot, 214 files, compared counts.",
      reply:
        "Nothing is lost. We have restored the folder with all 214 files as it was at ten o'clock.",
      thanks: "You saved my day.", minutes: 15),
    .init(
      "Spreadsheet crashes on opening",
      "The price list crashes Excel as soon as it opens, on every computer.",
      issue: "software", sub: "office",
      finding: "Corrupt pivot cache, 900k blank formatted rows. Rebuilt, 48 MB to 1.2 MB.",
      reply:
        "The file had collected nearly a million empty formatted rows. We rebuilt it; the contents are the same, it is forty times smaller and opens at once.",
      thanks: "It opens before I let go of the mouse.", minutes: 40),
    .init(
      "Website shows a security warning",
      "Customers say that our web shop shows 'not secure'. Orders have stopped.",
      type: "security", priority: "urgent", issue: "software", sub: "website",
      finding:
        "Certificate renewal failed because of a stale DNS challenge. Renewed by hand, automation repaired, expiry alarm at 14 days.",
      reply:
        "The certificate of the shop had run out because its automatic renewal failed. It is renewed and customers no longer see the warning. An alarm now tells us two weeks before.",
      thanks: "Orders are coming in again.", minutes: 35),
    .init(
      "Question about next year's licences",
      "Which licences end in the first quarter? We are planning the budget.",
      category: "question", type: "question", priority: "low", issue: "software", sub: "licence",
      finding: "Exported the list, three renewals, one can be dropped.",
      reply:
        "Three end before April: the office suite (31 January), the drawing software (15 February) and the backup (31 March). Two seats of the drawing software have not been used since summer; you could drop them.",
      thanks: "Very helpful, we will drop the two seats.", minutes: 25),
    .init(
      "Quote for a second screen at every desk",
      "Could you send us a price for fourteen 27-inch screens with arms, installed?",
      category: "order", type: "service-request", priority: "low", issue: "hardware",
      sub: "monitor",
      finding: "Asked two distributors, passed to sales.",
      reply:
        "The quote is on its way: fourteen screens with arms, installed on a Saturday so that nobody has to move. It is valid for thirty days.",
      thanks: "Received, we decide next week.", minutes: 20),
  ]
}
