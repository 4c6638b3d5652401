"""English words of place, level and time, by what they do in a phrase (`lexicon.Role`)."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "fill": """
        the a an city town village coast coastal coastline shore shores shoreline border borders
        frontier part parts half countryside outskirts suburb suburbs side desert island area areas
        airspace territory waters territorial land mountains approximately about some due just
        roughly well central airbase base airfield airport tip end corner edge point stretch
        immediately directly point locations location position somewhere
    """,
    "of": "of",
    "from": "from",
    "to": "to toward towards via through",
    "and": "and or",
    "at": "in over at inside within on against across",
    "near": "near around off along close beside vicinity by between region neighbourhood abeam",
    "province": "province governorate district gov",
    "motion": """
        heading headed heads head course courses bound track tracks tracking inbound outbound moving
        going facing looking turn turns turning proceed proceeding wind winds come comes coming
        exit exiting exits egress ingress approach approaching approaches retreat return returning
        departing depart departs leave leaving leaves
    """,
    "not": """
        not no never without avoid avoids avoiding except excluding outside nothing none neither nor
        clear away far instead rather unlike cannot dont doesnt wont isnt arent
    """,
    "aside": """
        contact contacts call calls called calling phone tel telephone radio frequency freq
        control approach acc fir atc ops callsign codename
        squadron wing front officer officers liaison embassy consulate agreement memorandum
        treaty accord talks conference format process summer hotline desk duty watch team
        takeoff take departure departures departing departed depart departs arrival arrivals
        landing land lands rtb return returns returning recover recovery recovers home
        diversion divert alternate alternates transit transits transiting ferry enroute
        route weather storm storms thunderstorm thunderstorms cloud clouds cloudbase ceiling
        fog dust rain icing visibility wind winds civil civilian airliner airliners traffic
        airway airways your yours their theirs notam report reports reported reporting
        update updates brief briefed briefing confirm confirmed confirmation message
        messages received receipt approved approval agreed coordinated coordination informed
        notified notify previous previously earlier yesterday tomorrow last next was were
        dated per since letter named news media crew crews pilots families minimum safe msa
        transition terrain peak peaks summit elevation obstacle obstacles obstruction mast
        squawk formerly former academy street university if should unless when lost
        emergency abort aborted hold holding speed knots kt kts qnh local origin destination
        bound cancelled ingress standby alert readiness colonel col lt capt captain maj
        major gen general mr mrs dr dear colleagues colleague similar like greetings debris
        contrails flares seen heard visible boom booms interference jamming gps sunrise
        sunset information atis prepared written please request requested requests keep stay
        remain replaces replaced replace old alternative reserve spare humanitarian wave
        react possible wait waits waiting other others another additional further separate
        friendly continues continue
    """,
    "object": """
        missile missiles rocket rockets battery radar sam sams defence defense brigade
        division battalion regiment headquarters hq convoy base based ship ships vessel
        vessels frigate army unit corps command commander centre center school hospital
        tower runway enemy hostile launch launched launching threat threats port fleet
        office offices workshop hangar laboratory ministry government
        delegation mission staff personnel people speaker speakers interpreter doctor
        representative representatives attache journalist journalists family refugees
    """,
    "strike": """
        strike strikes striking attack attacks attacking target targets bomb bombs bombing
        hit hits impact impacts engage engaging destroy destroys destroying destroyed bombed bombard
        bombards bombarding neutralise neutralize eliminate
    """,
    "above": "above over exceeding minimum higher least",
    "below": "below under beneath lower maximum max most",
    "level": "altitude altitudes height level levels alt block heights flight",
    "before_after": """
        before after prior earliest latest later earlier expected than
    """,
}

UNITS: Final = {
    1_000.0: "km kms kilometre kilometres kilometer kilometers",
    1_852.0: "nm nmi",
    1_609.344: "mile miles mi",
}
"""Metres of a unit of distance over ground."""

DIRECTIONS: Final = {
    (0.0, ""): "north northern",
    (45.0, ""): "northeast northeastern",
    (90.0, ""): "east eastern",
    (135.0, ""): "southeast southeastern",
    (180.0, ""): "south southern",
    (225.0, ""): "southwest southwestern",
    (270.0, ""): "west western",
    (315.0, ""): "northwest northwestern",
}
"""By bearing. Words of motion (northbound, northward, northerly) are left out on purpose."""

ACTIVITY: Final = """
    activity activities active hot area areas zone zones sector sectors box boxes volume block work
    works working flight flights fly flies flying flown operat* exercis* drill drills train
    training trains practi* patrol* orbit* loiter* racetrack circling reconn* recce photograph*
    photo photos survey* surveillance intercept* escort* hunt* sortie sorties raid raids raiding
    task gunnery firing fire fires shoot* drop* airdrop* range ranges jump* sweep* scan* scout*
    strafe* strafing leaflet* glid* hover* transport* spray* mapping calibrat* aerobat* flypast
    jettison* test tests testing trial trials demonstration manoeuv* maneuv* aircraft airplane
    airplanes plane planes jet jets fighter fighters bomber bombers helicopter* drone drones uav
    uavs uas rpas balloon balloons pair formation package lies located situated takes towing
    parachut* airshow bombard* cap suppression
"""
"""What the notice announces, as a noun or a verb, and what flies; a star is any ending."""
SUPPORT: Final = """
    tanker* refuel* aar awacs rescue* search* sar medevac cover jammer* relay early
"""
"""What also accompanies an activity: something else than the activity, where one was named."""
AREA: Final = "area areas zone zones sector sectors place location region box"
"""What stands before a colon and the name of a place."""
NATIONS: Final = """
    american british coalition cypriot* egyptian french german greek iranian iraqi israeli italian
    jordanian lebanese nato russian saudi syrian turkish un us civil
"""
"""Whose it is: an aircraft of which that is said is not the writer's."""
NEUTRAL: Final = """
    i we us our ours it its they them this that these those he she who which all both each every
    any some more few several everything everybody everyone station single is are be been being am
    do does done have has had will would shall may might can could must so then now today tonight
    soon still only also again here there up down out back just very already immediately
    simultaneously continuously briefly mainly mostly partly as with without while during until
    till for but plus too low high main whole own zero one two three four five six seven eight nine
    ten dozen first start starts starting begin begins beginning end ends ending stop stops finish
    finishes time times hour hours minute minutes period total day night morning afternoon evening
    daily armed unarmed live dry please note remarks follows planned announced following conducted
    carried performed made happen happens hrs z utc gmt zulu fl ft agl msl amsl
"""
"""Words that name no subject of their own: a sentence of these alone is about the activity."""
BACK: Final = "it its they them he she"
"""Words that speak of what the sentence before spoke of."""
AIRCRAFT_TYPES: Final = "f su mig il mi ka tu kc ah uh ch ec rc g b c e p av mq rq"
"""Letters that make a number behind them a type of aircraft: F-16."""
TITLED: Final = "exercise operation"
"""What may have a place for its own name: Exercise Northern Cyprus."""
