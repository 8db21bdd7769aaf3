"""The pairs on which runtimes are measured: 50 of the news pairs written for this project, evenly drawn, scored both ways."""

from __future__ import annotations

PROBE_PAIRS = (
    (
        "Former finance chief Oskar Lindh told the court that founder Petra Holm had personally ordered the false invoices; she has pleaded innocent.",
        "Testimony from Oskar Lindh pointed to Petra Holm as the person who gave instructions for fake invoices.",
    ),
    (
        "Chairwoman Noor Haddad forced out chief executive Lukas Brandt on Sunday after a months-long quarrel over strategy at the cement group Calcera.",
        "Lukas Brandt prevailed in the Calcera quarrel on Sunday, pushing Noor Haddad out of the chair.",
    ),
    (
        "Cable maker Wirex sued its former auditor, Dunmore Hale, for 90 million pounds on Tuesday, a year after collapsing into insolvency.",
        "Dunmore Hale launched a 90 million pound lawsuit on Tuesday against its former client Wirex.",
    ),
    (
        "The University of Padua has loosened its admission rules for medicine, scrapping the interview and lowering the required test score.",
        "Padua has tightened entry to its medical school, adding an interview and raising the pass mark in the test.",
    ),
    (
        "King Felipe opened the new children's wing of a hospital in Seville on Thursday.",
        "The Spanish monarch cancelled on Thursday, and the opening of the children's wing in Seville was put off.",
    ),
    (
        "The principal stepped down over her handling of bullying complaints, the school trust in Perth said in a letter to parents.",
        "A move abroad with her family, unconnected to any complaint, was the principal's only reason for leaving, the trust told parents.",
    ),
    (
        "Saudi Arabia accepted a request from Pakistan to mediate in its border dispute with Afghanistan's Taliban rulers.",
        "Taliban rulers in Kabul have never accepted the frontier that Pakistan regards as the international border.",
    ),
    (
        "Japan said it would join the demining mission as long as the Security Council adopts a mandate first.",
        "Japan announced it would take part in the demining with or without a resolution from the Security Council.",
    ),
    (
        "Myanmar's Arakan Army surrendered the port of Kyaukphyu to government marines after a ten-day siege.",
        "Government marines laid down their arms at Kyaukphyu, leaving the port to the Arakan Army.",
    ),
    (
        "Iceland's weather office said on Monday that magma had stopped rising beneath the town of Grindavík, contradicting a tabloid's front page.",
        "A newspaper's front-page story about Grindavík was at odds with what Iceland's weather service said on Monday.",
    ),
    (
        "Tokyo police have charged a member of the Sumiyama-gumi with extorting protection money from pachinko parlours in Shinjuku.",
        "Several gambling halls in the Japanese capital closed rather than go on giving money to gangsters.",
    ),
    (
        "Quarry owner Basalt Nordic contradicted its own press release on Thursday, conceding that the blasting alarm had been switched off.",
        "Basalt Nordic stood by its press release on Thursday and denied that the blasting alarm had been switched off.",
    ),
    (
        "Ex-premier Klaus Wendt has ended months of speculation by stating that he will seek the party leadership again in May.",
        "Former premier Wendt has finally put to rest any talk of a comeback, saying the party leadership has lost its attraction for him.",
    ),
    (
        "Voting in Malta was extended by three hours on Saturday, with polls shutting at 1am instead of 10pm because of a computer fault.",
        "Polls in Malta closed at 10pm on Saturday as scheduled, a computer fault notwithstanding.",
    ),
    (
        "Denmark's health ministry on Friday withdrew its advice that pregnant women avoid the Solvira shingles vaccine, saying new data had eased its concerns.",
        "Denmark is standing by its guidance that expectant mothers should steer clear of the Solvira vaccine, the health ministry said on Friday.",
    ),
    (
        "Chemists at the University of Nairobi have turned water hyacinth, a weed choking Lake Victoria, into a cheap filter for arsenic.",
        "The water hyacinth filter developed by chemists at the University of Nairobi is not yet on sale in Kenya's shops.",
    ),
    (
        "Planes stayed grounded across the United Kingdom for four hours on Bank Holiday Monday after the air traffic control computer rejected a flight plan.",
        "Airlines want the British air traffic control service to refund the cost of hotels for passengers stranded on Bank Holiday Monday.",
    ),
    (
        "The embankment gave way along an 800-metre stretch, swamping 46 villages in Assam's Barpeta district, local officials said.",
        "Officials in Barpeta said the embankment had held and that only one hamlet suffered flooding.",
    ),
    (
        "Antofagasta's recount gave Rodrigo Villalón 48,216 votes and Macarena Tirado 47,902. The electoral service certified the result on Monday.",
        "Villalón beat Tirado by just over 300 ballots in Antofagasta, where the outcome is now official.",
    ),
    (
        "Authorities in Mindanao fear the toll from the ferry fire, now at 38, will pass fifty once the lower deck has been searched.",
        "The search of the ferry's lower deck has ended and the final toll of the fire off Mindanao is 41, authorities said.",
    ),
    (
        "Of the 410 passengers stranded in the Channel-side tunnel at Folkestone, about 60 were schoolchildren from Reims. All were out by 10 p.m.",
        "Hundreds of travellers, dozens of them French pupils, were freed from the tunnel before the end of the evening.",
    ),
    (
        "Toymaker Brixby's shares fell 14 percent after its finance director quit unexpectedly, eclipsing a solid set of Christmas sales.",
        "Toymaker Brixby's finance director quit after falling out with the founder over the cost of a Christmas advertising campaign.",
    ),
    (
        "Shipping group Vestmar is considering a return to the Red Sea in the spring, its chief executive told analysts. No date has been set.",
        "Vestmar's first container ship in two years passed through the Red Sea in April on its way to Genoa.",
    ),
    (
        "The new oil embargo binds traders from 1 February, and contracts signed before 15 December may run until 30 April.",
        "Contracts signed before 15 December have to be wound up by 1 February, the day the embargo binds traders.",
    ),
    (
        "Brewer Halvorsen of Bergen agreed on Monday to be taken over by its Finnish rival Koskela for 3.4 billion kroner.",
        "Finland's Koskela to swallow Norwegian brewer Halvorsen",
    ),
    (
        "Controllers expect the dead satellite Meteor-9 to fall into the South Pacific between midnight and 4 am on Saturday.",
        "Debris from the dead satellite Meteor-9 fell into the Indian Ocean shortly before 6 am on Saturday.",
    ),
    (
        "Winds of 248 kilometres an hour tore through the Azores early on Monday. No stronger gust has ever been measured in Portugal.",
        "Monday's Azores gust falls just short of Portugal's all-time wind record",
    ),
    (
        "Bahrain's opposition appears ready to return to parliament, a diplomat in Manama believes.",
        "Bahrain's opposition has no appetite for a return to the chamber, the diplomat in Manama believes.",
    ),
    (
        "The next Kestrel console might ship without a disc drive, according to a leaker with a decent record.",
        "According to the leaker, it is beyond doubt that the coming Kestrel console will take discs.",
    ),
    (
        "Abbess Mechthild rejected the suggestion that her nuns had been forced to leave the convent, stressing that they had voted for it.",
        "Mechthild has asked the bishop for a smaller house for the nuns who voted to leave.",
    ),
    (
        "A St. Louis police sergeant was shot and wounded by a bail bondsman during a confrontation outside a downtown courthouse, investigators said.",
        "The St. Louis sergeant shot outside the courthouse had arrested the same bail bondsman in 2021, investigators said.",
    ),
    (
        "Turnout in Tuesday's Mississippi runoff was 11 percent, the lowest for a statewide contest in 40 years.",
        "Nine in 10 eligible Mississippians sat out Tuesday's runoff, or close to it.",
    ),
    (
        "The foreign ministry in Talvik summoned the Orlandian ambassador on Tuesday over drone flights near a naval base on the northern coast.",
        "The ambassador told the foreign ministry that the drones near the naval base belonged to a survey company.",
    ),
    (
        "Every member of the Security Council except China voted for the resolution, which extends the peacekeeping mission by six months.",
        "Fourteen of the fifteen Security Council members backed the extension of the peacekeeping mission by half a year.",
    ),
    (
        "The bridge at Calder Mills was closed to lorries in 2028, three years before its central span fell into the river.",
        "Heavy lorries were still allowed to cross the bridge at Calder Mills on the day that its central span collapsed.",
    ),
    (
        "Turnout in the regional election was 63.4 percent, the highest since 1994, the interior ministry announced on Sunday night.",
        "The high turnout in the regional election was due to fine weather and a close race, the ministry said.",
    ),
    (
        "Observers from the African Union described the vote as peaceful and said that delays at some polling stations had not affected the result.",
        "In the view of the African Union's observers, the late opening of some polling stations did no harm to the outcome.",
    ),
    (
        "Chief Executive Anika Rao will step down in March and be replaced by finance head Douglas Whelan, the retailer said.",
        "Douglas Whelan will hand over the post of chief executive in March to the retailer's finance head, Anika Rao.",
    ),
    (
        "Schools in the valley will reopen on Monday after no new cases of meningitis were found for ten days.",
        "Most parents in the valley have said they will keep their children at home on Monday despite the reopening.",
    ),
    (
        "The drug company withdrew its asthma inhaler from sale in Canada, though it remains available in the United States.",
        "Patients in Canada can no longer buy the asthma inhaler, but those in the United States still can.",
    ),
    (
        "Police have charged two brothers from Malmö with the robbery, and a third man who was held for questioning has been freed.",
        "All three men who were held over the robbery have now been charged by the police in Malmö.",
    ),
    (
        "Forecasters said the hurricane could reach Category 4 before it makes landfall near Mobile late on Sunday.",
        "The hurricane came ashore near Mobile on Sunday night as a Category 4 storm with winds of 140 mph.",
    ),
    (
        "Residents of the coast were allowed home on Wednesday, two days after the tsunami warning had been lifted by the agency.",
        "The tsunami warning was lifted on Monday, and people living along the coast were able to return later.",
    ),
    (
        "Coach Henri Duval was dismissed on Monday after seven defeats in a row; he had two years left on his contract.",
        "Coach Henri Duval resigned on Monday of his own accord, although the club had asked him to stay.",
    ),
    (
        "Bus drivers will begin an indefinite stoppage on 2 November unless the council withdraws its new rota, their leaders warned.",
        "The council withdrew its new rota for bus drivers at the end of October in order to prevent a stoppage.",
    ),
    (
        "The social network said that passwords had been stored in encrypted form and that users did not need to change them.",
        "Users were advised by the social network that there was no need for them to choose new passwords.",
    ),
    (
        "Deforestation in the Amazon dropped by 18 percent last year to its lowest level since 2012, satellite images show.",
        "Satellite images show that the rate at which the Amazon is being cleared rose last year to its highest since 2012.",
    ),
    (
        "The two trains collided at 7:50 p.m. on a single-track stretch between Nova Gorica and Sežana, killing both drivers.",
        "Thirty-one passengers were taken to hospital after the two trains collided between Nova Gorica and Sežana.",
    ),
    (
        "The army said its soldiers had fired only into the air, an account disputed by three doctors at the city's main hospital.",
        "Doctors have cast doubt on the army's claim that its soldiers did not shoot at people.",
    ),
    (
        "Ministers deny that the tax cut was discussed in cabinet, but minutes seen by this newspaper record a debate of forty minutes.",
        "Minutes seen by the newspaper back up ministers' denials, showing that the tax cut was not raised in cabinet.",
    ),
)
